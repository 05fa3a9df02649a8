"""Reading by key: ``UNWIND $rows AS r MATCH (n:L {id: r.id})``, the one form that both engines answer by index."""

from __future__ import annotations

from collections.abc import Iterable

from .engine import Engine, Row, rows


def ask(engine: Engine, returning: str, keys: list[Row]) -> list[Row]:
    """Run ``UNWIND $rows AS r`` + ``returning`` for these rows; nothing is asked about nothing."""
    if not keys:
        return []
    names = list(keys[0])
    if len(names) > 1:
        return rows(engine.read(f"UNWIND $rows AS r {returning}", {"rows": keys}))
    (name,) = names  # a list of texts reaches Ladybug three times as fast as one of maps
    query = f"UNWIND $keys AS key WITH {{{name}: key}} AS r {returning}"
    return rows(engine.read(query, {"keys": [row[name] for row in keys]}))


def along(engine: Engine, returning: str, keys: list[Row], end: str) -> list[Row]:
    """As :func:`ask`, of what hangs on nodes by an OPTIONAL MATCH, without rows whose column ``end`` is null.

    It is looked up from the nodes then. A plain MATCH Ladybug may begin at the other end, where there are fewer nodes:
    at all objects of a data set instead of at the data sets of some objects.
    """
    return [row for row in ask(engine, returning, keys) if row[end] is not None]


def ids(identifiers: Iterable[str]) -> list[Row]:
    """Rows of an ``id`` each, sorted, so that equal questions read alike."""
    return [{"id": identifier} for identifier in sorted(identifiers)]


def present(engine: Engine, label: str, identifiers: Iterable[str]) -> set[str]:
    """Which of these ids of ``label`` are stored."""
    return {row["id"] for row in ask(engine, f"MATCH (n:{label} {{id: r.id}}) RETURN n.id AS id", ids(identifiers))}
