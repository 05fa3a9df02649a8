"""Items that are alike but for the UIDs that they refer to: frames, and lists of images, repeat them many times."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

from ...dicom.sequences import Level
from ...graph.facts import Properties

_REFERRED = re.compile(rb"(\x08\x00\x55\x11(?:UI.\0|.\0\0\0))([0-9.]+)", re.DOTALL)
"""A Referenced SOP Instance UID in little endian: tag, VR and length; value."""
_LONGEST = 1024
"""Bytes of an item that is looked at like this."""
CAPACITY = 256
"""Forms that are remembered of one object."""


class Naming(NamedTuple):
    """How an object is named: all that an item says of a reference but whom it leads to.

    ``told`` is what tells it from another at the same path; ``frames`` are no part of it.
    """

    basis: str
    path: str
    others: Properties
    told: tuple[str, ...]
    frames: list[int]


class Form(NamedTuple):
    """What of an item others repeat: where it stands, and its bytes but for the ``uids`` that it refers to."""

    rest: Hashable
    uids: list[str]

    def namings(self, trace: list[tuple[str, Naming] | None]) -> list[Naming] | None:
        """How the item named its UIDs, by what was found in it; None where that is not all."""
        found = [each for each in trace if each]
        if len(found) < len(trace) or [uid for uid, _ in found] != self.uids:
            return None
        return [naming for _, naming in found]


@dataclass(frozen=True, slots=True)
class Told:
    """What an item of some form said: where it stood, whether it refers, and how to each of its UIDs in turn."""

    path: str
    refers: bool
    namings: list[Naming]

    def at(self, path: str) -> list[Naming]:
        """What it would say at another place."""
        if path == self.path:
            return self.namings
        return [naming._replace(path=path + naming.path[len(self.path) :]) for naming in self.namings]


@dataclass(frozen=True, slots=True)
class Piece:
    """An item of a sequence: its bytes and form, and the item itself where it has been read."""

    encoded: bytes = b""
    form: Form | None = None
    item: Level | None = None


def form_of(encoded: bytes, path: str, tag: int, number: int) -> Form | None:
    """The form of an encoded item; None where it refers to nothing, or is long.

    Parameters
    ----------
    path, tag, number
        Of the sequence's holder, of the sequence, and of the item where its number is part of what it says.
    """
    if len(encoded) > _LONGEST:
        return None
    parts = _REFERRED.split(encoded)
    if len(parts) == 1:
        return None
    uids = parts[2::3]
    # Where UIDs of the same lengths stood, others of these lengths end as they did.
    rest = path, tag, number, *parts[0::3], *parts[1::3], *map(len, uids)
    return Form(rest, [uid.decode() for uid in uids])
