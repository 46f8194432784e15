#!/bin/sh
# photo_x2_grainy: what is not a face in photos that were bad and are restored, twice as large; it is given the bad photo, too. It goes on
# from photo_x4_grainy (run photo_x4_grainy.sh before), and needs photo_restore, which restores the small pictures. The shipped weights
# are the mean of such a run after 22 minutes and of weights from before it was given the bad photo (docs/training-log.md).
. "$(dirname "$0")/stages.sh"

crops=$runs/crops
[ -d "$crops" ] || enhance prepare "$data/photos/train" --crops --size 256 --out "$crops"
animals="$data/horse2zebra/trainA $data/horse2zebra/trainB"
stage photo_x2_grainy_draft photo_x2_grainy_draft 36 photo_x4_grainy "$data/photos/train" $animals
stage photo_x2_grainy photo_x2_grainy 28 photo_x2_grainy_draft "$data/photos/train" $animals
model photo_x2_grainy photo_x2_grainy --int8 "$crops"
