#!/bin/sh
# face_fill: completes faces. The shipped weights are those of the first stage: 13 minutes on one shared core.
. "$(dirname "$0")/stages.sh"

stage face_fill_pixel face_fill_pixel 13 - "$data/faces/train128"
stage face_fill face_fill 30 face_fill_pixel "$data/faces/train128"
model face_fill face_fill --int8 "$data/faces/train128"
