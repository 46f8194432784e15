"""Trained networks at run time: the files, the sessions that run them, and what they say of themselves."""
