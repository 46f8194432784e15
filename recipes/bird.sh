#!/bin/sh
# bird: draws birds from words. 97 minutes on one core, the first 37 of them without the block at 64 pixels and at a rate of 4e-4.
. "$(dirname "$0")/stages.sh"

stage bird bird 97 - "$data/birds"
model bird bird --int8 "$data/birds" --small
# Which layouts the network paints well is found out with the network itself.
python -m enhance.tasks.imagine.layout_choice "$runs/bird" "$data/birds" "$runs/layouts.npz"
