#!/bin/sh
# zebra: redraws horses as zebras. 52 minutes on one core, part of it shared.
. "$(dirname "$0")/stages.sh"

horses="$data/horse2zebra/trainA $data/horse2zebra/trainB"
stage zebra zebra 52 - $horses
model zebra zebra --int8 "$data/horse2zebra/trainA"
