#!/bin/sh
# photo_restore and the estimator beside it: restore bad photos. The shipped weights had 133
# minutes of the first stage (81 of them by 16 crops a step, before noise that no coding had been through was shown; the last 26 with photos
# that are blurred and nothing else, after the second stage) and 19 of the second.
. "$(dirname "$0")/stages.sh"

animals="$data/horse2zebra/trainA $data/horse2zebra/trainB $data/cats/train $data/birds/train"
stage photo_restore_pixel photo_restore_pixel 120 - "$data/photos/train" "$data/faces/train256" $animals
stage photo_restore photo_restore 90 photo_restore_pixel "$data/photos/train" "$data/faces/train256" $animals
model photo_restore photo_restore --int8 "$data/photos/train"

stage photo_measures photo_measures 3 - "$data/photos/train" "$data/faces/train256" "$data/faces/train128"
model estimator photo_measures
