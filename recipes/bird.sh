#!/bin/sh
# bird: draws birds from words. The shipped weights are a first version: 26 minutes on one shared core.
. "$(dirname "$0")/stages.sh"

stage bird bird 40 - "$data/birds"
model bird bird --int8 "$data/birds"
# Which layouts the network paints well is found out with the network itself.
python -m enhance.tasks.imagine.layout_choice "$runs/bird" "$data/birds" "$runs/layouts.npz"
