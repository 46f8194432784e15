"""Putting a picture together: tiles, what is not a face, and agreement with the input pixels."""
