#!/bin/sh
# zebra: redraws horses as zebras. The shipped weights are a first version: 24 minutes on one shared core.
. "$(dirname "$0")/stages.sh"

horses="$data/horse2zebra/trainA $data/horse2zebra/trainB"
stage zebra zebra 40 - $horses
model zebra zebra --int8 "$data/horse2zebra/trainA"
