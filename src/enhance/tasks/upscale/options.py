"""What can be asked of `upscale`. Light: the command line reads it for its help."""

from __future__ import annotations

FACE_MODEL = "face_x4_gan"
RESTORATION_MODEL = "face_x4_grainy"
"""The model for blurred faces, and for grainy and blocky photos, which restores them. None asked for: one of these."""
BACKGROUND_MODEL = "photo_x4_pixel"
"""The model for what is not a face."""
SCALE = 4
"""How many times larger the models that suit draw."""
MAX_SCALE = 16
MEMORY = 512
"""Megabytes for the parts of a photo that are being worked on, besides the photo itself and what is made of it."""
