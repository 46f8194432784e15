#!/bin/sh
# Trains the networks one after the other on one core, and goes on where it stopped: start it again after any end.
#
#   sh runs/queue.sh DATA [RUNS]
#
# DATA holds the folders photos, faces, horse2zebra, cats and birds; RUNS takes a folder for each run (runs, by default).
# A run that is done has a file `done`. Minutes count over all sittings: raise one, remove its `done`, and it goes on.
here=$(dirname "$0")
set -- "${1:?name the folder of the data sets}" "${2:-$here}"
. "$here/../recipes/stages.sh"
export OMP_NUM_THREADS=1

horses="$data/horse2zebra/trainA $data/horse2zebra/trainB"
animals="$horses $data/cats/train $data/birds/train"

stage animals animals 15 - $horses
stage bird bird 97 - "$data/birds"
stage zebra zebra 40 - $horses
stage sketch_cat sketch_cat 74 - "$data/cats/train"
stage face_fill_pixel face_fill_pixel 12 - "$data/faces/train128"
stage face_fill face_fill 30 face_fill_pixel "$data/faces/train128"
stage photo_restore_pixel photo_restore_pixel 120 - "$data/photos/train" "$data/faces/train256" $animals
stage photo_measures photo_measures 3 - "$data/photos/train" "$data/faces/train256" "$data/faces/train128"
stage photo_restore photo_restore 90 photo_restore_pixel "$data/photos/train" "$data/faces/train256" $animals
stage photo_fill_pixel photo_fill_pixel 10 face_fill_pixel "$data/photos/train" $animals
stage photo_fill photo_fill 30 photo_fill_pixel "$data/photos/train" $animals
stage horse horse 40 zebra $horses
