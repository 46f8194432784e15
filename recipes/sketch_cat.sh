#!/bin/sh
# sketch_cat: paints cats after drawings. 43 minutes on one core.
. "$(dirname "$0")/stages.sh"

stage sketch_cat sketch_cat 43 - "$data/cats/train"
model sketch_cat sketch_cat --small
