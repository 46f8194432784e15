#!/bin/sh
# photo_mend: mends what was copied into holes of photos. It goes on from photo_fill (run photo_fill.sh before): an hour on one core,
# and 4 minutes in which 3,000 holes are filled with copies.
. "$(dirname "$0")/stages.sh"

animals="$data/horse2zebra/trainA $data/horse2zebra/trainB"
stage photo_mend photo_mend 60 photo_fill "$data/photos/train" $animals
model photo_mend photo_mend/last.pt --int8 "$data/photos/train"
