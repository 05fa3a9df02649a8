"""Where an export lies: ``OUT.partial`` while it is made, then ``OUT``.

Its plan and the records of what became of each sample lie in ``OUT.partial/.cohortgraph``, which goes at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .plan.file import NAME, Plan
from .protocol import Made, MadeFile
from .written_files import whole

INNER = ".cohortgraph"


@dataclass(frozen=True, slots=True)
class Place:
    """An export's folder; ``out`` is where it will be complete."""

    out: Path

    @property
    def partial(self) -> Path:
        """Where it is made."""
        return self.out.with_name(f"{self.out.name}.partial")

    @property
    def inner(self) -> Path:
        """What is no part of the export, and goes when it is complete."""
        return self.partial / INNER

    @property
    def plan(self) -> Path:
        """plan.sqlite."""
        return self.inner / NAME

    def opened(self) -> Plan:
        """The plan.

        Raises
        ------
        StoreError
            where there is none.
        """
        return Plan(self.plan)

    def made(self, number: int) -> Made | None:
        """What became of a sample, by its number; None where it is not known yet."""
        try:
            return _made(json.loads(self._record(number).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):  # none, or none that this software wrote
            return None

    def keep(self, number: int, made: Made) -> None:
        """Note what became of a sample, when its files are there."""
        with whole(self._record(number)) as target:
            target.write(json.dumps(asdict(made), ensure_ascii=False, sort_keys=True).encode())

    def all_made(self, samples: int) -> Iterator[tuple[int, Made | None]]:
        """What became of each sample, in their order."""
        for number in range(samples):
            yield number, self.made(number)

    def _record(self, number: int) -> Path:
        return self.inner / "made" / f"{number // 1000:03}" / f"{number:06}.json"


def _made(told: dict[str, Any]) -> Made:
    return Made(
        **{**told, "files": tuple(MadeFile(**each) for each in told["files"]), "warnings": tuple(told["warnings"])}
    )
