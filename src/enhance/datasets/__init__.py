"""Folders of pictures to train on."""
