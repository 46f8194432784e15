"""The architectures, one to a file."""
