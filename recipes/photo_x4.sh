#!/bin/sh
# photo_x4: what is not a face, against a discriminator. It goes on from face_x4_gan (run face_x4_gan.sh before); 68 minutes on two
# cores, as for the shipped weights.
. "$(dirname "$0")/stages.sh"

crops=$runs/crops
[ -d "$crops" ] || enhance prepare "$data/photos/train" --crops --size 256 --out "$crops"
stage photo_x4 photo_x4 68 face_x4_gan "$crops"
model photo_x4 photo_x4 --int8 "$crops"
