#!/bin/sh
# bird: draws birds from words. 37 minutes on one core, part of it shared.
. "$(dirname "$0")/stages.sh"

stage bird bird 37 - "$data/birds"
model bird bird --int8 "$data/birds"
# Which layouts the network paints well is found out with the network itself.
python -m enhance.tasks.imagine.layout_choice "$runs/bird" "$data/birds" "$runs/layouts.npz"
