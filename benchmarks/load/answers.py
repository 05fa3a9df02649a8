"""What a question is and what its answer, for whoever gives one."""

from __future__ import annotations

from typing import Any, NamedTuple

PAGE = 50
Document = dict[str, Any]
Answer = tuple[int, tuple[str, ...]]
"""How many there are, and the ids of the first page."""


class State(NamedTuple):
    """What a store held: how many objects, and how many segments were measured. Objects arrive in one order, and are
    measured in one, so that these two numbers tell all of it, wherever a kill parted the commits.
    """

    instances: int
    measured: int
