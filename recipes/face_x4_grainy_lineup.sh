#!/bin/sh
# face_x4_grainy_lineup: the ways in which a bad face can be restored, for line-ups. It goes on from face_x4_grainy (run
# face_x4_grainy.sh before): 75 minutes on one core. The shipped weights are the mean of such a run after 44, 58 and 75 minutes
# (docs/training-log.md).
. "$(dirname "$0")/stages.sh"

faces="$data/faces/train128 $data/faces/train256"
stage face_x4_grainy_lineup face_x4_grainy_lineup 75 face_x4_grainy_finish_again $faces
model face_x4_grainy_lineup face_x4_grainy_lineup --int8 "$data/faces/train128"
