#!/bin/sh
# face_x4_gan: faces four times larger, against a discriminator. 12 hours on two cores, as for the shipped weights, whose settings
# changed on the way (docs/training-log.md); these are the last ones.
. "$(dirname "$0")/stages.sh"

faces="$data/faces/train128 $data/faces/train256"
stage face_x4_pixel_start face_x4_pixel 20 - $faces
stage face_x4_gan_first face_x4_gan 130 face_x4_pixel_start $faces
stage face_x4_gan face_x4_gan 420 face_x4_gan_first $faces
stage face_x4_gan_finish face_x4_gan_finish 130 face_x4_gan $faces
stage face_x4_gan_finish_again face_x4_gan_finish 54 face_x4_gan_finish $faces
# The mean of runs that go on from the same weights is better than each.
model face_x4_gan face_x4_gan_finish_again "$runs/face_x4_gan_finish" --int8 "$data/faces/train128"
model discriminator face_x4_gan_finish_again --network discriminator --int8 "$data/faces/train128"
