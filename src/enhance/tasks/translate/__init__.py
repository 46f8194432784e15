"""Animals of one kind in a photo redrawn as another kind, horses as zebras and back: at run time and in training."""
