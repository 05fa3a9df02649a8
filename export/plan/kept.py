"""The kept headers of frozen objects, wherever they lie: in a store, or in a plan."""

from __future__ import annotations

from typing import Protocol


class KeptHeaders(Protocol):
    """Where kept headers lie, by digest."""

    def get(self, digest: str) -> bytes:
        """The header with that digest; StoreError where there is none."""
