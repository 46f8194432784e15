#!/bin/sh
# face_fill: completes faces. 77 minutes on one core; the mirror image, and more halves, came with the last 50.
. "$(dirname "$0")/stages.sh"

stage face_fill_pixel face_fill_pixel 13 - "$data/faces/train128"
stage face_fill face_fill 64 face_fill_pixel "$data/faces/train128"
model face_fill face_fill/last.pt --int8 "$data/faces/train128"
