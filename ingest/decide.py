"""What an object that was read means for the store (semantics 1.6): pure functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from ..errors import StoreError
from ..graph.facts import InstanceFacts


class Verdict(StrEnum):
    """What becomes of an object that was read."""

    NEW = "new"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    REPLACED = "replaced"
    CONFLICT = "conflict"


@dataclass(slots=True)
class Standing:
    """What is stored of a SOP Instance UID at this point of the run, uncommitted changes included.

    Attributes
    ----------
    digest, header
        Of the kept header; ``header`` fetches it.
    locations
        URIs of its copies; the first is the one whose header is kept.
    taken
        Whether this run has taken up a copy of it already, so that a differing one comes too late.
    """

    digest: str
    header: Callable[[], bytes]
    locations: list[str]
    datasets: set[str] = field(default_factory=set)
    taken: Callable[[], bool] = lambda: False


def decide(
    facts: InstanceFacts, standing: Standing | None, same: Callable[[bytes, bytes], bool], *, replace: bool
) -> Verdict:
    """Tell new, same and differing objects apart.

    Parameters
    ----------
    standing
        What is stored of this SOP Instance UID; None for nothing.
    same
        Whether two kept headers hold the same data set.
    replace
        Let an object that differs from what an earlier run stored replace it.
    """
    if standing is None:
        return Verdict.NEW
    uri = facts.location.uri
    if facts.instance["headerDigest"] == standing.digest or _is_same(facts, standing, same):
        known = uri in standing.locations and facts.dataset in standing.datasets
        return Verdict.UNCHANGED if known else Verdict.DUPLICATE
    if standing.locations[:1] == [uri] or (replace and not standing.taken()):
        return Verdict.REPLACED
    return Verdict.CONFLICT


def _is_same(facts: InstanceFacts, standing: Standing, same: Callable[[bytes, bytes], bool]) -> bool:
    try:
        return same(standing.header(), facts.header)
    except StoreError:  # its kept header is gone or damaged: nothing to compare with
        return False
