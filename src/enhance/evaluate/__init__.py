"""Measuring: how close, how faithful, how real, and for whom. Needs the extra `[train]`."""
