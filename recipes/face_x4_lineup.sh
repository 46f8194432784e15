#!/bin/sh
# face_x4_lineup: answers that differ as the truth does. It goes on from face_x4_gan (run face_x4_gan.sh before): two and a
# half hours on one core. The shipped weights had other settings in the first two hours (docs/training-log.md); these are the last ones.
. "$(dirname "$0")/stages.sh"

faces="$data/faces/train128 $data/faces/train256"
stage face_x4_lineup face_x4_lineup 120 face_x4_gan $faces
stage face_x4_lineup_again face_x4_lineup 18 face_x4_lineup $faces
model face_x4_lineup face_x4_lineup_again "$runs/face_x4_lineup" "$runs/face_x4_lineup" --int8 "$data/faces/train128"
