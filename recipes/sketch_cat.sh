#!/bin/sh
# sketch_cat: paints cats after drawings. The shipped weights are a first version: 20 minutes on a quarter of a core.
. "$(dirname "$0")/stages.sh"

stage sketch_cat sketch_cat 40 - "$data/cats/train"
model sketch_cat sketch_cat --half
