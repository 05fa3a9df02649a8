"""Every structure a label: what is chosen where nothing is asked for."""

from __future__ import annotations

from collections.abc import Iterable

from ..plan.gathered import Labelled
from ..plan.model import Label, Part

_Identity = tuple[tuple[str, ...], str]


class Every:
    """Each type of segment, told apart by laterality, is a label of its own; numbered in the order of their codes.

    What has no code is known by its text.
    """

    def __init__(self) -> None:
        self._names: dict[_Identity, str] = {}

    def see(self, parts: Iterable[Labelled]) -> None:
        """Hear of parts."""
        for each in parts:
            name = each.meaning or each.text
            identity = _identity(each)
            self._names[identity] = min(name, self._names.get(identity, name))

    def labels(self) -> tuple[Label, ...]:
        """The label table."""
        return tuple(
            Label(value, self._names[identity], identity[0])
            for value, identity in enumerate(sorted(self._names), start=1)
        )

    def part(self, part: Labelled) -> Part | None:
        """What a part becomes."""
        identity = _identity(part)
        if identity not in self._names:
            return None
        return Part(part.key, sorted(self._names).index(identity) + 1, self._names[identity])


def _identity(part: Labelled) -> _Identity:
    return part.concepts or (f"text:{part.text}",), part.laterality
