"""What a question may cost, whichever surface it comes through; each refusal names the limit, its value and what came.

Depth and clauses are counted while a document is parsed; the rest guards what comes before and after: GraphQL's text
and variables, and the size of its pages.
"""

from __future__ import annotations

from typing import Final

from ...errors import LimitExceeded

DEPTH: Final = 16
"""Filters within filters."""
CLAUSES: Final = 500
"""Conditions, relations and logical operators of one document."""
NODES: Final = 1_000
"""Nodes on a nested page, over all of its levels."""
ROWS: Final = 100_000
"""Rows that one level of a nested page may read to find them."""

LIMITS: Final = {"filterDepth": DEPTH, "clauses": CLAUSES, "nodes": NODES, "rows": ROWS}
"""Name → the most that is allowed."""


def check(limit: str, found: int, advice: str, path: str = "", *, most: int | None = None) -> None:
    """Refuse what exceeds a limit; ``most`` where it is not one of LIMITS.

    Raises
    ------
    LimitExceeded
        where ``found`` is more than is allowed.
    """
    allowed = LIMITS[limit] if most is None else most
    if found > allowed:
        raise LimitExceeded(limit, found, allowed, advice, path)
