#!/bin/sh
# face_x4_grainy: faces of bad photos. It goes on from face_x4_gan (run face_x4_gan.sh before), as the shipped weights did: 7 hours
# on two cores, in sittings whose settings changed (docs/training-log.md); these are the stages in their order.
. "$(dirname "$0")/stages.sh"

faces="$data/faces/train128 $data/faces/train256"
stage face_x4_grainy_pixel face_x4_grainy_pixel 33 face_x4_gan $faces
stage face_x4_grainy face_x4_grainy 130 face_x4_grainy_pixel $faces
stage face_x4_grainy_likeness face_x4_grainy_likeness 16 face_x4_grainy $faces
stage face_x4_grainy_finish face_x4_grainy_finish 130 face_x4_grainy_likeness $faces
stage face_x4_grainy_finish_again face_x4_grainy_finish 158 face_x4_grainy_finish $faces
model face_x4_grainy face_x4_grainy_finish_again "$runs/face_x4_grainy_finish" --int8 "$data/faces/train128"
