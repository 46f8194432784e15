#!/bin/sh
# face_x4_pixel: faces four times larger, by the per-pixel loss alone. 25 minutes on two cores, as for the shipped weights.
. "$(dirname "$0")/stages.sh"

faces="$data/faces/train128 $data/faces/train256"
stage face_x4_pixel face_x4_pixel 25 - $faces
model face_x4_pixel face_x4_pixel --int8 "$data/faces/train128"
