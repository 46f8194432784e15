# What every recipe script begins with: `. stages.sh DATA [RUNS] [SHARE]`.
#
# DATA holds the folders faces, photos, horse2zebra, cats and birds, and for photo_fill bsds (BSDS500) and cid22; RUNS takes a folder for
# each run (default: runs). SHARE is a factor for all times: .01 goes through every stage in no time, to see whether it works. A run
# that is done has a file `done`; whatever stopped, the same command goes on.
set -eu
data=${1:?name the folder of the data sets}
runs=${2:-runs}
share=${3:-1}

# stage NAME RECIPE MINUTES INIT FOLDER...   INIT: a run before it, a file, or - for fresh weights
stage() {
    name=$1 recipe=$2 init=$4
    minutes=$(awk "BEGIN { print $3 * $share }")
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

# model NAME RUN [OPTION...]   writes RUNS/NAME.onnx; further runs among the options are averaged with the first
model() {
    file=$runs/$1.onnx run=$runs/$2
    shift 2
    enhance export "$run" "$@" --out "$file"
}
