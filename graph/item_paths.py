"""How the path of a content item is written: its numbers joined by dots, begun anew every hundred levels.

A Referenced Content Item Identifier (PS3.3 C.17.3.2.5) is as long as its item lies deep: all of those of a document of
10,000 levels would be a hundred megabytes. The levels below an item whose path has LONGEST numbers are counted from
that item, by its position in document order: ``@99.1.3`` is the third child of the first one of the item at 99.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LONGEST = 100
"""Numbers of a path; no template of PS3.16 nests a quarter as deep."""


def inside(path: str, position: int) -> str:
    """What the paths of an item's children begin with, a dot and their number after it."""
    return path if path.count(".") < LONGEST - 1 else f"@{position}"


def written(numbers: Sequence[int], positions: Mapping[str, int]) -> str:
    """The path of the item that a Referenced Content Item Identifier leads to; all its numbers where there is none."""
    path = ".".join(map(str, numbers[:LONGEST]))
    for start in range(LONGEST, len(numbers), LONGEST - 1):
        if path not in positions:
            return ".".join(map(str, numbers))
        path = ".".join((f"@{positions[path]}", *map(str, numbers[start : start + LONGEST - 1])))
    return path
