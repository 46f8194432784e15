#!/bin/sh
# horse: redraws zebras as horses, from pairs that zebra makes. 52 and 38 minutes on one core; in the first 27 of these
# a sigmoid bounded the colours of coats, which is gone.
. "$(dirname "$0")/stages.sh"

horses="$data/horse2zebra/trainA $data/horse2zebra/trainB"
stage zebra zebra 52 - $horses
stage horse horse 38 zebra $horses
model horse horse/last.pt --int8 "$data/horse2zebra/trainB"
