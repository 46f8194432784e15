"""From a folder of faces to shipped weights: recipes -> data -> task -> loop -> checkpoint -> export."""
