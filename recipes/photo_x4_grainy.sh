#!/bin/sh
# photo_x4_grainy: what is not a face in photos that were bad and are restored. It goes on from photo_x4 (run photo_x4.sh before), needs
# photo_restore, which restores the small pictures, and ends as the mean of both. The shipped weights had 38 minutes on one core with
# half of the pixels' weight, and 27 as here from the mean of those and photo_x4.
. "$(dirname "$0")/stages.sh"

crops=$runs/crops
[ -d "$crops" ] || enhance prepare "$data/photos/train" --crops --size 256 --out "$crops"
animals="$data/horse2zebra/trainA $data/horse2zebra/trainB"
stage photo_x4_grainy photo_x4_grainy 65 photo_x4 "$data/photos/train" $animals
model photo_x4_grainy photo_x4_grainy "$runs/photo_x4.onnx" --int8 "$crops"
