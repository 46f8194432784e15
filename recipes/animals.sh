#!/bin/sh
# animals: finds horses and zebras. The shipped weights took 15 minutes on one shared core.
. "$(dirname "$0")/stages.sh"

horses="$data/horse2zebra/trainA $data/horse2zebra/trainB"
stage animals_first animals 10 - $horses
# Then what is neither, so that not everything is a horse.
stage animals animals 5 animals_first $horses "$data/photos/train" "$data/faces/train128" "$data/cats/train" "$data/birds/train"
model animals animals --int8 "$data/horse2zebra/trainA" --int8 "$data/horse2zebra/trainB"
