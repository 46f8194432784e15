"""From folders of pictures to shipped weights: recipes -> data -> task -> loop -> checkpoint -> export."""
