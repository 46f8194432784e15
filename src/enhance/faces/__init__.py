"""Where faces are, whether they are real ones, and whose."""
