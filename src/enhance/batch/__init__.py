"""Many photos at a time."""
