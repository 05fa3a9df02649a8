"""Where objects come from: folders, single files, DICOMDIRs, ZIP and tar archives, walked in path order."""

from .found import Found, Sort
from .walk import walk, walk_places

__all__ = ["Found", "Sort", "walk", "walk_places"]
