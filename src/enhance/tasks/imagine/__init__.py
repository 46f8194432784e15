"""A sentence about a bird becomes a picture of one."""
