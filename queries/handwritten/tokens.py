"""The words and signs of a Cypher statement, without its comments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import UsageError

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<comment>//[^\r\n]*|/\*.*?\*/)
  | (?P<string>'(?:[^'\\]|\\[\\'"bfnrt])*'|"(?:[^"\\]|\\[\\'"bfnrt])*")
  | (?P<quoted>(?:`[^`]*`)+)
  | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<parameter>\$(?:\w+|`[^`]+`))
  | (?P<word>[^\W\d]\w*)
  | (?P<sign>\.\.|<=|>=|<>|=~|[()\[\]{},.:|+\-*/%^=<>!&])
    """,
    re.VERBOSE | re.DOTALL,
)
_UNICODE_ESCAPE = re.compile(r"\\[uU]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, quoted name, number, string, parameter or sign, and where it begins."""

    kind: str
    text: str
    position: int

    @property
    def keyword(self) -> str:
        """The word in capitals; "" for what can't be a keyword, such as a quoted name or ``ſET``."""
        return self.text.upper() if self.kind == "word" and self.text.isascii() else ""


def tokens(cypher: str) -> list[Token]:
    """The tokens of one statement; a semicolon may end it.

    Raises
    ------
    UsageError
        if a sign, quotation or comment is not understood, or if a second statement follows.
    """
    escape = _UNICODE_ESCAPE.search(cypher)
    if escape:
        raise refused(cypher, escape.start(), "a Unicode escape, which hides characters; write the character itself")
    found = []
    position = 0
    end = len(cypher.rstrip(" \t\r\n;")) if cypher.rstrip().endswith(";") else len(cypher)
    while position < end:
        match = _TOKEN.match(cypher, position, end)
        if match is None:
            raise refused(cypher, position, _oddity(cypher[position]))
        if match.lastgroup not in ("space", "comment"):
            found.append(Token(str(match.lastgroup), match.group(), position))
        position = match.end()
    return found


def without_comments(cypher: str, changed: Mapping[int, str] | None = None) -> str:
    """The statement that ``tokens`` saw: each comment is a blank, the semicolon at the end is gone.

    ``changed`` is what is to be written instead of some tokens, by their number.
    """
    parts = []
    position = 0
    for number, token in enumerate(tokens(cypher)):
        between = cypher[position : token.position]
        parts += [between if between.isspace() or not between else " ", (changed or {}).get(number, token.text)]
        position = token.position + len(token.text)
    return "".join(parts)


def refused(cypher: str, position: int, found: str) -> UsageError:
    """The error that names the place of what was found."""
    before = cypher[:position]
    line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
    return UsageError(f"line {line}, column {column}: {found}")


def _oddity(sign: str) -> str:
    return {
        "'": "a string that is not closed, or has an escape other than \\\\ \\' \\\" \\b \\f \\n \\r \\t",
        '"': "a string that is not closed, or has an escape other than \\\\ \\' \\\" \\b \\f \\n \\r \\t",
        "`": "a quoted name that is not closed",
        "/": "a comment that is not closed",
        ";": "a second statement; expected one",
        "$": "a parameter without a name",
    }.get(sign, f"{sign!r}, which is no sign of Cypher")
