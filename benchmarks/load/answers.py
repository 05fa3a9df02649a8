"""What a question is and what its answer, for whoever gives one."""

from __future__ import annotations

from typing import Any

PAGE = 50
Document = dict[str, Any]
Answer = tuple[int, tuple[str, ...]]
"""How many there are, and the ids of the first page."""
