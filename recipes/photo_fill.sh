#!/bin/sh
# photo_fill: fills holes in any photo. 38 minutes on one core.
. "$(dirname "$0")/stages.sh"

# bsds: the pictures of BSDS500; cid22: those of CID22.
photos="$data/photos/train $data/bsds $data/cid22 $data/horse2zebra/trainA $data/horse2zebra/trainB"
stage photo_fill_pixel photo_fill_pixel 16 - $photos
stage photo_fill photo_fill 22 photo_fill_pixel $photos
model photo_fill photo_fill/last.pt --int8 "$data/photos/train"
