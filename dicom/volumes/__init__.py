"""Volumes of images, assembled by their geometry (PS3.3 C.7.6.2, C.7.6.16)."""

from .grid import Grid
from .pixels import Values, values
from .stacks import File, Frame, Stack, stacks

__all__ = ["File", "Frame", "Grid", "Stack", "Values", "stacks", "values"]
