"""What cohorts are called: names that fit a file, a URL and ``NAME@NUMBER``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from ..errors import NotFound, UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Ref(NamedTuple):
    """A cohort and the number of one of its snapshots; None: the newest."""

    name: str
    number: int | None = None


def checked(name: str) -> str:
    """The name, where it is valid.

    Raises
    ------
    UsageError
        where it is none.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name of a cohort; expected a letter or digit, then at most 63 letters, digits, '.', '_' "
            "or '-', such as long-pr"
        )
    return name


def parse_ref(ref: str) -> Ref:
    """``NAME`` or ``NAME@NUMBER`` taken apart.

    Raises
    ------
    UsageError
        where the part behind @ is no number from 1.
    """
    name, at, number = ref.partition("@")
    if at and not (number.isdecimal() and number.isascii() and int(number) > 0):
        raise UsageError(f"{ref!r} names no snapshot; expected NAME@NUMBER with a number from 1, such as {name}@1")
    return Ref(name, int(number) if at else None)


def unknown(name: str, known: Iterable[str]) -> UsageError:
    """That there is no cohort of this name, with the nearest one."""
    names = sorted(known)
    near = get_close_matches(name, names, 1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; cohorts here: {', '.join(names[:20]) or 'none yet'}"
    return NotFound(f"there is no cohort {name!r}{hint}")
