"""The codes of PS3.16 as pydicom's tables carry them, by concept id; loaded on first use."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from .concept import concept_id


class Term(NamedTuple):
    """A code of PS3.16: its Code Meaning and the numbers of the context groups that hold it."""

    meaning: str
    groups: tuple[int, ...]


@cache
def terms() -> dict[str, Term]:
    """Every code of PS3.16 by concept id."""
    from pydicom.sr import _concepts_dict

    table: dict[str, dict[str, dict[str, Any]]] = _concepts_dict.concepts  # type: ignore[assignment]
    spellings: dict[str, list[tuple[str, list[int]]]] = {}
    for scheme, keywords in table.items():
        for codes in keywords.values():
            for value, (meaning, numbers) in codes.items():
                # One code is misprinted with a blank in it, another without a value.
                if code := value.replace(" ", ""):
                    spellings.setdefault(concept_id(scheme, code), []).append((meaning, numbers))
    return {identifier: _merged(found) for identifier, found in spellings.items()}


def _merged(spellings: list[tuple[str, list[int]]]) -> Term:
    """One term of a code's several Code Meanings: the meaning that most context groups use, then the shortest."""
    if len(spellings) == 1:
        meaning, numbers = spellings[0]
        return Term(meaning, tuple(numbers))
    meaning, _ = min(spellings, key=lambda spelling: (-len(spelling[1]), len(spelling[0]), spelling[0]))
    return Term(meaning, tuple({number for _, numbers in spellings for number in numbers}))


@cache
def groups() -> dict[int, tuple[str, frozenset[str]]]:
    """Number → (title, members) of every context group of PS3.16 Annex B; the members of nested groups included."""
    from pydicom.sr import _cid_dict

    members: dict[int, set[str]] = {number: set() for number in _cid_dict.name_for_cid}
    for identifier, term in terms().items():
        for number in term.groups:
            members.setdefault(number, set()).add(identifier)
    return {number: (_title(_cid_dict.name_for_cid.get(number, "")), frozenset(m)) for number, m in members.items()}


def _title(keyword: str) -> str:
    """``ECGLead`` → ``ECG Lead``."""
    words = [""]
    for before, character, after in zip(" " + keyword, keyword, keyword[1:] + " ", strict=False):
        starts = character.isupper() and (before.islower() or before.isdigit() or after.islower())
        if starts and words[-1]:
            words.append("")
        words[-1] += character
    return " ".join(words)
