#!/bin/sh
# photo_x4_pixel: what is not a face, four times larger, by the per-pixel loss. 20 minutes on two cores, as for the shipped weights.
. "$(dirname "$0")/stages.sh"

crops=$runs/crops
[ -d "$crops" ] || enhance prepare "$data/photos/train" --crops --size 256 --out "$crops"
stage photo_x4_pixel photo_x4_pixel 20 - "$crops" "$data/faces/train256"
model photo_x4_pixel photo_x4_pixel --int8 "$crops"
