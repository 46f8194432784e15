#!/bin/sh
# face_fill: completes faces. 27 minutes on one core.
. "$(dirname "$0")/stages.sh"

stage face_fill_pixel face_fill_pixel 13 - "$data/faces/train128"
stage face_fill face_fill 14 face_fill_pixel "$data/faces/train128"
model face_fill face_fill --int8 "$data/faces/train128"
