"""A hole in a picture filled: at run time and in training."""
