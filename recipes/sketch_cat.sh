#!/bin/sh
# sketch_cat: paints cats after drawings. 74 minutes on one core; the first 43 at a rate of 4e-4, with fewer traces of photographs
# (doodles .6, edges .15, simplified .15), and lines obeyed counting .3.
. "$(dirname "$0")/stages.sh"

stage sketch_cat sketch_cat 74 - "$data/cats/train"
model sketch_cat sketch_cat --small
