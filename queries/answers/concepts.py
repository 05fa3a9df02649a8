"""The concepts of a store, by code, value set or meaning, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import QuestionError
from ...graph import schema
from ...graph.asking import ask
from ...graph.asking import ids as by_id
from ...graph.engine import Engine
from ...ontology import literals
from ...ontology.meanings import meaning
from ..language import limits
from ..language.conditions import Conditions, mapping
from ..language.vocabulary import vocabulary
from . import cursors
from .nested import Nodes, Shown

_LISTING = "concepts"
_PATH = f"/{_LISTING}"


def concept(engine: Engine, literal: str) -> Shown | None:
    """A concept by its code as people write it; None where neither the store nor a shipped table has it.

    Raises
    ------
    UsageError
        where it is no code, or its scheme is unknown; names the nearest.
    """
    identifier = literals.parse(literal, vocabulary(engine).schemes)
    found = _read(engine, [identifier])
    if found:
        return found[0]
    return shipped(identifier) if meaning(identifier) else None


def concepts(engine: Engine, asked: Mapping[str, Any], *, first: int, after: str | None = None) -> Nodes:
    """The concepts that a store holds and a condition on concepts asks for, by id.

    Raises
    ------
    QuestionError
        where the condition is not valid.
    UsageError
        where the cursor is not valid.
    """
    words = vocabulary(engine)
    limits.check("nodes", first, "page through them with 'after'")
    if "exists" in mapping(asked, _PATH, "a condition on concepts"):
        raise QuestionError(f"{_PATH}/exists", "every concept here exists: leave it out")
    found = sorted(Conditions(words).concepts(asked, _PATH) if asked else words.concepts)
    start = cursors.read(after, _LISTING, words.version)[0][0] if after is not None else ""
    rest = [each for each in found if each > start]
    shown = rest[:first]
    ends = cursors.cursor(words.version, _LISTING, (shown[-1], 0)) if len(rest) > len(shown) > 0 else None
    return Nodes(_read(engine, shown), len(found), ends)


def shipped(identifier: str) -> Shown:
    """A concept as it is known without a store."""
    scheme, _, value = identifier.partition(":")
    known = {"id": identifier, "meaning": meaning(identifier), "codingSchemeDesignator": scheme, "codeValue": value}
    return dict.fromkeys(_PROPERTIES) | known


_PROPERTIES = tuple(each.name for each in schema.node("Concept").properties)


def _read(engine: Engine, identifiers: list[str]) -> list[Shown]:
    columns = ", ".join(f"c.`{name}` AS `{name}`" for name in _PROPERTIES)
    found = ask(engine, f"MATCH (c:Concept {{id: r.id}}) RETURN c.id AS id, {columns}", by_id(identifiers))
    shown = [row | {"meaning": meaning(row["id"]) or next(iter(row["meanings"] or ()), "")} for row in found]
    return sorted(shown, key=lambda each: str(each["id"]))
