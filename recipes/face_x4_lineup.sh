#!/bin/sh
# face_x4_lineup: answers that differ as the truth does. It goes on from face_x4_gan (run face_x4_gan.sh before): two hours on one core.
. "$(dirname "$0")/stages.sh"

faces="$data/faces/train128 $data/faces/train256"
stage face_x4_lineup face_x4_lineup 120 face_x4_gan $faces
model face_x4_lineup face_x4_lineup --int8 "$data/faces/train128"
