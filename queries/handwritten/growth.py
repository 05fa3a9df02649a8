"""How much a statement could make out of little, told from its words alone.

What reads only can still exhaust memory: each ``WITH l + l AS l`` doubles a list, and an engine that works out an
expression in one step can't be stopped in it. So it is counted how often each name holds what it was made from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .tokens import Token, refused

LARGEST = 200
"""How many values one clause may make of one."""
MOST_HOPS = 16
"""Relationships in all patterns together: an engine plans more of them for minutes, and can't be stopped in it."""
_CLAUSES = ("WITH", "RETURN", "UNWIND")
_ENDS = (*_CLAUSES, "MATCH", "OPTIONAL", "WHERE", "ORDER", "SKIP", "LIMIT", "UNION")
_OPEN, _CLOSED = "([{", ")]}"


def check(cypher: str, found: Sequence[Token]) -> None:
    """Refuse a statement that could grow beyond all measure.

    Raises
    ------
    UsageError
        which names the limit and where it is passed.
    """
    hops = 0
    for index, token in enumerate(found):
        hops += token.text == "-" and index + 1 < len(found) and found[index + 1].text in ("[", "-", ">")
        if hops > MOST_HOPS:
            raise refused(cypher, token.position, f"more than {MOST_HOPS} relationships in the statement's patterns")
    weights: dict[str, int] = {}
    for clause in _clauses(found):
        total, made = 0, {}
        for name, item in _items(clause):
            weight = _weight(item, weights)
            total += weight
            if name:
                made[name] = max(weight, 1)
        if total > LARGEST:
            raise refused(cypher, clause[0].position, f"a clause that makes {total} values of one, at most {LARGEST}")
        weights |= made


def _clauses(found: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """What follows WITH, RETURN and UNWIND, at any depth, up to the next clause."""
    begin: int | None = None
    for index, token in enumerate(found):
        if token.keyword in _ENDS and not (index and found[index - 1].text in (".", ":")):
            if index and found[index - 1].keyword in ("STARTS", "ENDS"):
                continue
            if begin is not None and index > begin:
                yield found[begin:index]
            begin = index + 1 if token.keyword in _CLAUSES else None
    if begin is not None and begin < len(found):
        yield found[begin:]


def _items(clause: Sequence[Token]) -> Iterator[tuple[str, Sequence[Token]]]:
    """The expressions of a clause, each with the name that AS gives it, or that it is."""
    depth = begin = 0
    for index, token in enumerate(clause):
        depth += token.text in _OPEN
        depth -= token.text in _CLOSED
        if depth < 0:  # the end of a subquery
            yield _named(clause[begin:index])
            return
        if token.text == "," and not depth:
            yield _named(clause[begin:index])
            begin = index + 1
    yield _named(clause[begin:])


def _named(item: Sequence[Token]) -> tuple[str, Sequence[Token]]:
    if len(item) >= 3 and item[-2].keyword == "AS":
        return _name(item[-1]), item[:-2]
    return (_name(item[0]), item) if len(item) == 1 else ("", item)


def _name(token: Token) -> str:
    """A name as the engine that minds it least compares it: whatever its case."""
    return token.text.strip("`").lower()


def _weight(item: Sequence[Token], weights: dict[str, int]) -> int:
    """How many values go into an expression; one for each of another list is a product."""
    parts = [0]
    for index, token in enumerate(item):
        if token.text == "|":
            parts.append(0)
        elif token.kind in ("word", "quoted", "parameter") and not (index and item[index - 1].text == "."):
            parts[-1] += weights.get(_name(token), 1)
    product = 1
    for part in parts:
        product *= max(part, 1)
    return product
