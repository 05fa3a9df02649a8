"""The samples of a patient: what each is made for, and the series that it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from ...errors import UsageError
from ..plan.model import Dropped
from ..plan.options import Options
from .gathered import Gathered, Series
from .picks import Pick, choose

LABELLED = ("nnunet", "monai")
"""Forms whose samples have a label, where labels are wanted at all, and the same channels each."""
_IMAGES, _DOSES, _WAVEFORMS = ("image", "parametricMap"), ("rtDose",), ("waveform",)
READ = _IMAGES + _DOSES + _WAVEFORMS
"""Kinds of objects that samples are made of."""


@dataclass(slots=True)
class Made:
    """A sample in the making.

    Attributes
    ----------
    series
        Each with its role.
    lacks
        Roles that no series has; such a sample is none.
    """

    unit: str
    series: list[tuple[str, Series]] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)


def units(patient: Gathered, options: Options, picked: Sequence[Pick]) -> Iterator[Made]:
    """The samples of a patient, in the order of their units."""
    kinds = read_of(options, picked)
    read = [each for each in patient.series.values() if each.holds(kinds)]
    if options.sample == "pair":
        yield from _pairs(read, picked)
        return
    key = _KEYS[options.sample](patient)
    for unit, group in groupby(sorted(read, key=lambda each: (key(each), each.uid)), key=key):
        series = list(group)
        yield _picked(unit, series, picked) if picked else Made(unit, [(each.modality, each) for each in series])


def read_of(options: Options, picked: Sequence[Pick]) -> tuple[str, ...]:
    """Kinds of objects that samples of these options may be made of: a dose is a channel only where it is picked."""
    if picked:
        return READ
    if options.form == "arrays":
        return _WAVEFORMS
    return _IMAGES if options.form in LABELLED else _IMAGES + _DOSES


_KEYS: dict[str, Callable[[Gathered], Callable[[Series], str]]] = {
    "series": lambda _: lambda each: each.uid,
    "study": lambda _: lambda each: each.study,
    "patient": lambda patient: lambda _: patient.patient,
}


def check(options: Options, picked: Sequence[Pick]) -> None:
    """Whether unit and picks go together.

    Raises
    ------
    UsageError
        where not.
    """
    if options.sample == "series" and picked:
        raise UsageError("a sample of one series has nothing to pick; add --sample study, patient or pair")
    if options.sample == "pair" and not any(pick.to for pick in picked):
        raise UsageError(
            "a pair needs a pick that is near to another role, such as --pick 'ECG: nearest before CT, 30 d'"
        )


def _pairs(read: Sequence[Series], picked: Sequence[Pick]) -> Iterator[Made]:
    """A sample for each series that others are picked near to; one alone where that has a rule of its own."""
    first = next(pick for pick in picked if pick.role in {each.to for each in picked})
    anchors, dropped = choose(first, read, ()) if first.told else ([each for each in read if first.fits(each)], [])
    for anchor in sorted(anchors, key=lambda each: each.uid):
        rest = [each for each in read if each is not anchor]
        made = _picked(anchor.uid, rest, [pick for pick in picked if pick is not first], {first.role: [anchor]})
        made.dropped = [*dropped, *made.dropped]
        yield made


def _picked(
    unit: str, read: Sequence[Series], picked: Sequence[Pick], known: dict[str, list[Series]] | None = None
) -> Made:
    made = Made(unit)
    chosen = dict(known or {})
    for pick in picked:
        taken = {each.uid for held in chosen.values() for each in held}
        chosen[pick.role], dropped = choose(
            pick, [each for each in read if each.uid not in taken], chosen.get(pick.to, ())
        )
        made.dropped += dropped
    made.series = [(role, each) for role, held in chosen.items() for each in held]
    made.lacks = [role for role, held in chosen.items() if not held]
    return made
