"""A photo enlarged, with every face in it redrawn: at run time and in training."""
