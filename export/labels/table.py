"""The label table: which parts become which value of a label map.

Asked for in a line, ``left ventricle, SCT:53085002, any cardiac chamber``: a name is a Code Meaning or the text of a
part (Segment Label, ROI Name, Tracking Identifier), a code is that concept or an exact alias, and ``any`` takes what is
narrower with it, or the members of a value set. Or in a file (YAML, JSON, CSV), a row a label::

    - {name: left ventricle, is: SCT:87878005, value: 1, priority: 1}
    - {name: tumour of the liver, type: {isA: SCT:108369006}, region: {isA: SCT:10200004}}
    - {name: left kidney, isA: SCT:64033007, laterality: SCT:7771000}
    - {name: PTV, label: PTV 60}

with the operators of a question's concepts (``is``, ``in``, ``isA``, ``memberOf``, ``meaning``) on the type, or named
``type``, ``category``, ``region``; ``label`` is the text of a part. All that a row says must hold. The first row that
a part satisfies is its label. Without a table, each type is a label, sides apart, by concept id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from ...errors import UsageError
from ...ontology.meanings import meaning
from ...queries.language.vocabulary import Vocabulary
from ..plan.model import Label, Part
from .choice import Row, Wanted, choose, folded, prioritised, valued
from .parts import Labelled

_Identity = tuple[str, str, str]


@dataclass(slots=True)
class Table:
    """The label table of an export. It hears of all parts before it is asked.

    Attributes
    ----------
    rows
        As asked for; None: every type is a label.
    """

    rows: Sequence[Row] | None = None
    priority: str = ""
    _seen: dict[_Identity, str] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _texts: set[str] = field(default_factory=set)
    _made: list[Row] | None = None

    def see(self, parts: Iterable[Labelled]) -> None:
        """Hear of the parts of an object."""
        for part in parts:
            if self.rows is None:
                if part.types or part.text:
                    identity, name = _identity(part)
                    self._seen[identity] = min(filter(None, (name, self._seen.get(identity))), default="")
            elif (row := choose(self.rows, [part])[0]) is not None:
                self._used.add(row.name)
            else:
                self._texts |= {text for text in (part.text, *(each.meaning for each in part.types)) if text}

    def labels(self) -> tuple[Label, ...]:
        """The table itself, by value.

        Raises
        ------
        UsageError
            where a name asked for is that of no part, the values or priorities are wrong.
        """
        rows = {row.value: row for row in reversed(self._rows())}
        return tuple(Label(value, row.name, row.concepts, row.priority) for value, row in sorted(rows.items()))

    def part(self, part: Labelled) -> Part | None:
        """What a part becomes; None where it is not wanted."""
        (row,) = choose(self._rows(), [part])
        return Part(part.key, row.value, row.name) if row else None

    def _rows(self) -> list[Row]:
        if self._made is None:
            rows = self.rows if self.rows is not None else _every(self._seen)
            for row in rows:
                if row.needed and row.name not in self._used:
                    raise UsageError(f"no part of the cohort's objects is {row.name!r}; {self._hint(row.name)}")
            self._made = prioritised(valued(rows), self.priority)
        return self._made

    def _hint(self, name: str) -> str:
        texts = {folded(text): text for text in self._texts}
        near = get_close_matches(folded(name), texts, n=3, cutoff=0.5)
        found = [texts[each] for each in near] or sorted(self._texts)[:5]
        if near:
            return f"near to it are {', '.join(map(repr, found))}"
        return f"there are {', '.join(map(repr, found))} …" if found else "none is there at all"


def _identity(part: Labelled) -> tuple[_Identity, str]:
    """What a part is told apart by, its first type and side, else its text; and what it is called."""
    if part.types:
        return (part.types[0].concept, part.laterality, ""), part.types[0].meaning
    return ("", "", folded(part.text)), part.text


def _every(seen: dict[_Identity, str]) -> list[Row]:
    """A label for each type, in the order of concept and side; then those without a code, by their text."""
    rows = []
    for identity in sorted(seen, key=lambda each: (not each[0], each)):
        concept, side, text = identity
        if concept:
            words = (meaning(side) if side else "", seen[identity] or meaning(concept) or concept)
            wanted = Wanted(types=frozenset((concept,)), laterality=frozenset((side,)))
            rows.append(Row(" ".join(filter(None, words)), (wanted,), (concept,)))
        else:
            rows.append(Row(seen[identity], (Wanted(text=text),)))
    names = [row.name for row in rows]
    return [
        replace(row, name=f"{row.name} ({', '.join(row.concepts)})")
        if names.count(row.name) > 1 and row.concepts
        else row
        for row in rows
    ]


def table(segments: str, priority: str, vocabulary: Vocabulary) -> Table:
    """The table that ``--segments`` and ``--priority`` ask for; ``segments`` is a line, a file's name, or empty.

    Raises
    ------
    UsageError
        where a file can't be read, a row is not valid, or a code is none.
    """
    from .asked import read

    return Table(read(segments, vocabulary) if segments.strip() else None, priority)
