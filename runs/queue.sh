#!/bin/sh
# Trains the networks one after the other on one core, and goes on where it stopped: start it again after any end.
#
#   sh runs/queue.sh DATA [RUNS]
#
# DATA holds the folders photos, faces, horse2zebra, cats and birds; RUNS takes a folder for each run (runs, by default).
# A run that is done has a file `done`. Minutes count over all sittings: raise one, remove its `done`, and it goes on.
set -eu
data=${1:?name the folder of the data sets}
runs=${2:-$(dirname "$0")}
export OMP_NUM_THREADS=1

# stage NAME RECIPE MINUTES INIT FOLDER...   INIT: a run before it, a file, or - for fresh weights
stage() {
    name=$1 recipe=$2 minutes=$3 init=$4
    shift 4
    [ -e "$runs/$name/done" ] && return
    if [ -e "$runs/$name/last.pt" ]; then
        enhance train --resume "$runs/$name" --minutes "$minutes"
    elif [ "$init" = - ]; then
        enhance train "$@" --recipe "$recipe" --out "$runs/$name" --minutes "$minutes"
    else
        [ -e "$init" ] || init=$runs/$init
        enhance train "$@" --recipe "$recipe" --out "$runs/$name" --minutes "$minutes" --init "$init"
    fi
    touch "$runs/$name/done"
}

horses="$data/horse2zebra/trainA $data/horse2zebra/trainB"
animals="$horses $data/cats/train $data/birds/train"

stage animals animals 15 - $horses
stage bird bird 40 - "$data/birds"
stage zebra zebra 40 - $horses
stage sketch_cat sketch_cat 40 - "$data/cats/train"
stage face_fill_pixel face_fill_pixel 12 - "$data/faces/train128"
stage face_fill face_fill 30 face_fill_pixel "$data/faces/train128"
stage photo_restore_pixel photo_restore_pixel 120 - "$data/photos/train" "$data/faces/train256" $animals
stage photo_restore photo_restore 90 photo_restore_pixel "$data/photos/train" "$data/faces/train256" $animals
stage photo_fill_pixel photo_fill_pixel 10 face_fill_pixel "$data/photos/train" $animals
stage photo_fill photo_fill 30 photo_fill_pixel "$data/photos/train" $animals
stage horse horse 40 zebra $horses
