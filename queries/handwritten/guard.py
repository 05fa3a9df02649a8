"""People's own Cypher, admitted by an allow-list: one reading statement, with limits.

Neither engine is safe to hand a statement to: a read-only Ladybug runs LOAD FROM a file, COPY TO a file and CALL, and
Neo4j's procedures reach further. So a statement is cut into tokens, and only what is known to read is admitted: the
clauses and words below, functions by name, bounded paths.

Why this holds: in Cypher a clause begins at the start, after UNION, at the start of a subquery, or after a complete
expression. In the first three places a clause of the list is demanded; and after a complete expression only a sign or a
word of the list may follow. So a clause that is not in the list has no place to stand, whatever it is called. A word of
the list can't name a variable, so that it always means here what it means to the engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pyarrow as pa

from ...errors import UsageError
from ...graph.engine import Engine
from ..frames import Tabular
from . import growth
from .tokens import Token, refused, tokens, without_comments

LONGEST_PATH = 30
"""Hops that a path of variable length may have."""
LONGEST_STATEMENT = 20_000
"""Characters."""
_DEEPEST = 50
_ROWS = frozenset({"LIMIT", "RETURN", "UNION"})

_CLAUSES = frozenset({"MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN"})
_CONTINUING = frozenset(
    {"AND", "AS", "CONTAINS", "ELSE", "ENDS", "IN", "IS", "LIMIT", "OR", "ORDER", "SKIP", "STARTS", "THEN", "UNION"}
    | {"WHERE", "XOR"}
)
"""Words that follow a complete expression, and that something must follow."""
_BEGINNING = frozenset({"BY", "CASE", "DISTINCT", "NOT"})
"""Words that begin an expression, and that something must follow."""
_CLOSING = frozenset({"ASC", "ASCENDING", "DESC", "DESCENDING", "END"})
"""Words that follow a complete expression and leave it complete."""
_CONSTANTS = frozenset({"FALSE", "NULL", "TRUE"})
_WORDS = _CLAUSES | _CONTINUING | _BEGINNING | _CLOSING | _CONSTANTS | {"WHEN"}
_PAIRS = {"OPTIONAL": "MATCH", "ORDER": "BY", "STARTS": "WITH", "ENDS": "WITH"}
"""Words that one word must follow."""
_SUBQUERIES = frozenset({"COUNT", "EXISTS"})
_BINARY = frozenset({"/", "%", "^", "=", "<", "<=", ">=", "<>", "=~", "&", "|"})
FUNCTIONS = frozenset(
    {"abs", "all", "any", "avg", "ceil", "coalesce", "collect", "count", "date", "date_part", "datetime", "elementid"}
    | {"endnode", "ends_with", "exp", "floor", "head", "id", "isempty", "keys", "label", "labels", "last", "left"}
    | {
        "length",
        "list_contains",
        "list_sort",
        "log",
        "log10",
        "lower",
        "ltrim",
        "max",
        "min",
        "nodes",
        "none",
        "nullif",
    }
    | {"percentilecont", "percentiledisc", "pow", "properties", "radians", "relationships", "rels", "reverse", "right"}
    | {"round", "rtrim", "sign", "single", "size", "split", "sqrt", "startnode", "starts_with", "stdev", "string_split"}
    | {
        "substring",
        "sum",
        "tail",
        "toboolean",
        "tofloat",
        "tointeger",
        "tolower",
        "tostring",
        "toupper",
        "trim",
        "type",
    }
    | {"upper"}
)
"""Functions that neither write, nor read anything but their arguments, nor make much out of little (range, repeat)."""


def run(
    engine: Engine,
    cypher: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    limit: int = 1000,
    timeout: float = 30.0,
) -> Rows:
    """Run somebody's statement if it only reads.

    Parameters
    ----------
    limit
        Rows, at most.
    timeout
        Seconds.

    Raises
    ------
    UsageError
        if the statement is not admitted, or if the engine does not understand it.
    """
    one_more = limit + 1
    table = engine.read(admit(cypher, one_more), parameters, limit=one_more, timeout=timeout)
    return Rows(table.slice(0, limit), table.num_rows > limit)


def admit(cypher: str, limit: int) -> str:
    """The statement without comments and, in each part of a UNION, with ``limit`` where it has no LIMIT of its own or
    a higher one.

    Raises
    ------
    UsageError
        if it holds anything but what is allowed; it names what was found and where.
    """
    if len(cypher) > LONGEST_STATEMENT:
        raise UsageError(f"the statement has {len(cypher)} characters; expected at most {LONGEST_STATEMENT}")
    found = tokens(cypher)
    if not found:
        raise UsageError("the statement is empty; expected one such as MATCH (s:Series) RETURN s.modality, count(*)")
    walk = _Walk(cypher, found)
    walk.check()
    growth.check(cypher, found)
    return without_comments(cypher, _limits(found, walk.outer, limit))


def _limits(found: Sequence[Token], outer: Sequence[int], limit: int) -> dict[int, str]:
    """What is to be written in place of some tokens, so that no part of a UNION returns more than ``limit`` rows.

    Of a UNION that drops duplicates each part has to drop its own, before they are counted.
    """
    unions = [index for index in outer if found[index].keyword == "UNION"]
    distinct = any(found[index + 1].keyword != "ALL" for index in unions)
    changed: dict[int, str] = {}
    for begin, end in pairwise([-1, *unions, len(found)]):
        part = [index for index in outer if begin < index < end and found[index].keyword != "UNION"]
        if not part:  # without RETURN: the engine says what is wrong with it
            continue
        last = part[-1]
        if found[last].keyword == "LIMIT":
            number = found[last + 1]
            if last + 2 == end and number.kind == "number" and int(float(number.text)) > limit:
                changed[last + 1] = str(limit)
            continue
        if distinct and found[last + 1].keyword != "DISTINCT":
            changed[last] = f"{found[last].text} DISTINCT"
        changed[end - 1] = f"{changed.get(end - 1, found[end - 1].text)} LIMIT {limit}"
    return changed


@dataclass(frozen=True, slots=True)
class Rows(Tabular):
    """What a statement returned.

    Attributes
    ----------
    table
        A column for each returned expression.
    cut
        Whether there were more rows than were allowed.
    """

    table: pa.Table
    cut: bool

    def to_arrow(self) -> pa.Table:
        """The rows."""
        return self.table

    def to_dict(self) -> dict[str, Any]:
        """``columns``, ``rows`` as mappings, ``cut``."""
        return {"columns": self.table.column_names, "rows": self.table.to_pylist(), "cut": self.cut}


@dataclass(frozen=True, slots=True)
class _Bracket:
    """An open bracket, such as ``(``, ``-[`` of a relationship or ``EXISTS {``, and whether it stands in a pattern."""

    sign: str
    pattern: bool


class _Walk:
    """One pass over the tokens that knows whether an expression is complete, and which word asks for more."""

    def __init__(self, cypher: str, found: list[Token]) -> None:
        self._cypher = cypher
        self._tokens = found
        self._open: list[_Bracket] = []
        self._complete = False
        self._pattern = False
        self._asking = "START"
        """The word just read that something must follow."""
        self.outer: list[int] = []
        """Where RETURN, LIMIT and UNION structure the statement itself, not what is in brackets."""

    def check(self) -> None:
        """Refuse the first token that is not allowed where it stands."""
        for index, token in enumerate(self._tokens):
            if not self._answers(token):
                raise self._not_allowed(token)
            if token.kind == "word":
                self._word(index, token)
            elif token.kind == "sign":
                self._sign(index, token)
            else:
                self._operand(index, token)
        if self._open or self._asking:
            raise self._not_allowed(self._at(len(self._tokens)))

    def _answers(self, token: Token) -> bool:
        """Whether the token can follow a word that asks for a certain word."""
        if self._asking == "START":
            return token.keyword in _CLAUSES
        if self._asking == "UNION":
            return token.keyword in _CLAUSES | {"ALL", "DISTINCT"}
        return self._asking not in _PAIRS or token.keyword == _PAIRS[self._asking]

    def _at(self, index: int) -> Token:
        return self._tokens[index] if 0 <= index < len(self._tokens) else Token("end", "", len(self._cypher))

    def _is_sign(self, index: int, *signs: str) -> bool:
        token = self._at(index)
        return token.kind == "sign" and token.text in signs

    def _word(self, index: int, token: Token) -> None:
        keyword = token.keyword
        if self._asking == "UNION" and keyword not in _CLAUSES:  # ALL or DISTINCT
            self._asking = "START"
        elif self._is_name(index):
            self._operand(index, token)
        elif keyword in _SUBQUERIES and self._is_sign(index + 1, "{"):
            self._begins(token)
            self._asking = keyword
        elif keyword in _WORDS:
            self._keyword(index, token)
        elif self._is_sign(index + 1, "("):
            self._function(token)
        else:
            self._operand(index, token)

    def _is_name(self, index: int) -> bool:
        """Whether a name stands here that can't be a variable: of a property, label, type or key of a map."""
        if self._is_sign(index - 1, ".", ":"):
            return True
        return self._is_sign(index + 1, ":") and bool(self._open) and self._open[-1].sign == "{"

    def _keyword(self, index: int, token: Token) -> None:
        keyword, asking = token.keyword, self._asking
        if keyword in _CLAUSES:
            fits = self._complete or asking in {"START", "UNION", *_SUBQUERIES, *_PAIRS}
        elif keyword == "WHEN":
            fits = self._complete or asking == "CASE"
        elif keyword == "BY":
            fits = asking == "ORDER"
        elif keyword == "DISTINCT":
            fits = asking in ("RETURN", "WITH") or (not self._complete and self._is_sign(index - 1, "("))
        else:
            fits = self._complete == (keyword in _CONTINUING | _CLOSING)
        variable = self._pattern and self._is_sign(index - 1, "(", "[")
        if not fits or variable or asking == "AS":
            raise self._not_allowed(token)
        self._complete = keyword in _CLOSING | _CONSTANTS
        self._asking = "" if self._complete else keyword
        if self._asking:
            self._pattern = keyword == "MATCH"
        if not self._open and keyword in _ROWS:
            self.outer.append(index)

    def _begins(self, token: Token) -> None:
        """What begins an expression can't follow a complete one."""
        if self._complete:
            raise self._not_allowed(token)
        self._asking = ""

    def _function(self, token: Token) -> None:
        self._begins(token)
        if token.text.lower() not in FUNCTIONS:
            raise self._refused(token, f"the function {token.text}; allowed are {', '.join(sorted(FUNCTIONS))}")

    def _operand(self, index: int, token: Token) -> None:
        """A name, literal or parameter."""
        if not self._is_sign(index - 1, ".", ":"):
            self._begins(token)
        if self._is_sign(index + 1, "("):
            raise self._refused(token, f"{token.text} as a function; allowed are {', '.join(sorted(FUNCTIONS))}")
        self._complete = True

    def _sign(self, index: int, token: Token) -> None:
        sign, asking = token.text, self._asking
        everything = sign == "*" and asking in ("RETURN", "WITH", "DISTINCT")
        if asking and sign not in ("(", "[", "{", "-", "+") and not everything:
            raise self._not_allowed(token)
        if sign in ("(", "[", "{"):
            self._opens(index, token)
        elif sign in (")", "]", "}"):
            self._closes(token)
        elif sign in ("*", "+") and self._pattern:
            self._repeats(index, token)
        else:
            if not everything:
                self._operator(index, token)
            self._complete = everything
        self._asking = "" if sign != "{" or asking not in _SUBQUERIES else asking

    def _operator(self, index: int, token: Token) -> None:
        sign, before = token.text, self._at(index - 1)
        wrong = (sign in _BINARY or (sign == ">" and before.text != "-")) and not self._complete
        wrong |= sign == "*" and not self._complete and not (before.text == "(" and self._is_sign(index + 1, ")"))
        wrong |= sign == "!" and self._complete
        wrong |= sign == ":" and before.text == ":"
        if wrong:
            raise self._not_allowed(token)

    def _opens(self, index: int, token: Token) -> None:
        sign, before = token.text, self._at(index - 1)
        quantifies = sign == "{" and before.kind == "sign" and before.text in (")", "]", ">", "-")
        if quantifies or (sign == "(" and self._complete):
            raise self._refused(token, f"{sign!r} after {before.text!r}; a path is written out, or as -[*1..3]-")
        if len(self._open) == _DEEPEST:
            raise self._refused(token, f"more than {_DEEPEST} brackets within each other")
        subquery = sign == "{" and self._asking in _SUBQUERIES
        if subquery and self._at(index + 1).keyword != "MATCH" and not self._is_sign(index + 1, "("):
            raise self._not_allowed(self._at(index + 1))
        relationship = sign == "[" and self._is_sign(index - 1, "-")
        self._open.append(_Bracket("-[" if relationship else "EXISTS {" if subquery else sign, self._pattern))
        self._pattern = relationship or subquery or (self._pattern and sign == "(")
        self._complete = False

    def _closes(self, token: Token) -> None:
        if not self._open or self._open[-1].sign[-1] != {")": "(", "]": "[", "}": "{"}[token.text]:
            raise self._refused(token, f"{token.text!r}, which closes nothing")
        self._pattern = self._open.pop().pattern
        self._complete = True

    def _repeats(self, index: int, token: Token) -> None:
        """A path of variable length: only ``-[*n]-``, ``-[*m..n]-`` and ``-[*..n]-``."""
        if token.text == "*" and self._open and self._open[-1].sign == "-[":
            last = index + 1 + (self._at(index + 1).kind == "number")
            last = last + 1 if self._is_sign(last, "..") else index + 1
            longest = self._at(last).text
            if longest.isdigit() and len(longest) < 4 and int(longest) <= LONGEST_PATH:
                self._complete = False
                return
        raise self._refused(token, f"a path without a bound; expected -[*1..n]- with n up to {LONGEST_PATH}")

    def _not_allowed(self, token: Token) -> UsageError:
        found = repr(token.text) if token.text else "the end of the statement"
        allowed = f"{', '.join(sorted(_CLAUSES))} and UNION"
        hint = "; a name that is a word of Cypher is written `quoted`" if token.keyword in _WORDS else ""
        return self._refused(token, f"{found} is not allowed here; a reading statement is made of {allowed}{hint}")

    def _refused(self, token: Token, found: str) -> UsageError:
        return refused(self._cypher, token.position, found)
