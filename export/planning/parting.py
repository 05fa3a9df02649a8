"""The split of an export's persons: those that share a study stay together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...cohorts.shelf import Shelf
from ...graph.engine import Engine
from ...graph.writing.persons import linked
from ..plan.file import Splitting
from ..plan.options import Options, shares
from ..samples.split import joined, split

_NAMED = 3


def splitting(options: Options, parted: Counter[str], together: Iterable[Sequence[str]]) -> Splitting:
    """The split that the options ask for; it counts the persons of each part."""
    parts = shares(options.split)

    def decide(persons: Mapping[str, Any]) -> Mapping[str, str]:
        first = joined(persons, together)
        strata: dict[str, Any] = {}
        for person, stratum in persons.items():
            if strata.get(first[person]) is None:
                strata[first[person]] = stratum
        found = split(strata, parts, options.seed)
        placed = {person: found[first[person]] for person in persons}
        parted.update(placed.values())
        return placed

    return decide


def sharing_studies(engine: Engine, shelf: Shelf, ref: str) -> list[tuple[str, ...]]:
    """Persons that share a study without being linked: one of them in training would give the other away."""
    shared = shelf.shared_studies(ref)
    groups = linked(engine, sorted({record for records in shared.values() for record in records}))
    persons = (tuple(sorted({groups.get(record, (record,))[0] for record in records})) for records in shared.values())
    return sorted({each for each in persons if len(each) > 1})


def notes(sharing: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Which persons were kept together."""
    if sharing:
        named = "; ".join(" and ".join(each) for each in sharing[:_NAMED])
        more = f" and {len(sharing) - _NAMED} more" if len(sharing) > _NAMED else ""
        yield (
            f"records that share a study stay in one part of the split: {named}{more}; if they are one person, say so "
            "with cohortgraph patients link, and freeze the cohort again"
        )
