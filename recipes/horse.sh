#!/bin/sh
# horse: redraws zebras as horses, from pairs that zebra makes. 78 and 75 minutes on one core;
# in the first 30 of these the discriminator counted .4 and pixels 4.
. "$(dirname "$0")/stages.sh"

horses="$data/horse2zebra/trainA $data/horse2zebra/trainB"
stage zebra zebra 52 - $horses
stage zebra_again zebra 26 zebra $horses
stage horse horse 75 zebra_again $horses
model horse horse/last.pt --int8 "$data/horse2zebra/trainB"
