"""Volumes of images, assembled by their geometry (PS3.3 C.7.6.2, C.7.6.16)."""

from .grid import Grid
from .slices import File, Frame
from .stacks import Stack, stacks
from .voxels import Values, values

__all__ = ["File", "Frame", "Grid", "Stack", "Values", "stacks", "values"]
