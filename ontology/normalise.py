"""One identity for each concept, however an object spells its code (semantics 1.2, 1.3).

The id is ``SCHEME:value``, split at the first colon. In SCHEME, ``%``, ``:`` and ``@`` are percent-encoded, so that
the split always holds. A private scheme (``99…``) means something only at its source: its SCHEME is
``designator@scope``, where the scope is its Coding Scheme UID, else the data set, percent-encoded:
``99PMP@1.2.3:250137``, ``99PMP@my%20study:250137``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize
from urllib.parse import quote

from .aliases import replacement
from .concept import Code, concept_id, split_id
from .schemes import UIDS, is_private, standard
from .validity import is_valid

_URN = re.compile(r"(urn|https?):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Normalised:
    """What a code means here.

    Attributes
    ----------
    id
        The concept's id, ``SCHEME:value``.
    original
        The code as it was read, ``designator:value``, where it differs from ``id``.
    scheme, value
        The two parts of ``id``.
    scheme_uid
        Coding Scheme UID: the standard's, else the one that was read.
    flagged
        The value is not valid for its scheme; it is kept as it is.
    """

    id: str
    original: str | None
    scheme: str
    value: str
    scheme_uid: str
    flagged: bool


def normalise(code: Code, dataset: str = "") -> Normalised:
    """Normalise a code; ``dataset`` scopes private schemes without a Coding Scheme UID."""
    designator = code.scheme_designator
    return _normalise(designator, code.value, code.scheme_uid, dataset if designator.lstrip()[:2] == "99" else "")


@lru_cache(maxsize=1 << 17)
def _normalise(designator: str, value: str, uid: str, dataset: str) -> Normalised:
    designator, value, uid = _text(designator), _text(value), uid.strip("\0 ")
    if _URN.match(value):
        identifier = _uri(value)
        scheme, rest = split_id(identifier)
        return Normalised(
            identifier, f"{_encoded(designator)}:{value}" if designator else None, scheme, rest, uid, False
        )
    as_read = concept_id(_encoded(designator), value)
    defined = standard(designator, uid)
    scheme = defined if defined is not None else _scope(designator, uid, dataset)
    scheme, value = replacement(scheme, value)
    identifier = concept_id(scheme, value)
    return Normalised(
        id=identifier,
        original=None if identifier == as_read else as_read,
        scheme=scheme,
        value=value,
        scheme_uid=UIDS.get(scheme) or uid,
        flagged=not is_valid(scheme, value),
    )


def _text(text: str) -> str:
    """NFC without surrounding blanks and padding."""
    return normalize("NFC", text.strip("\0 \t\r\n"))


def _uri(value: str) -> str:
    """The URN or URL with its scheme's name in lower case (RFC 3986 3.1)."""
    head, colon, rest = value.partition(":")
    return head.lower() + colon + rest


def _encoded(designator: str) -> str:
    return designator.replace("%", "%25").replace(":", "%3A").replace("@", "%40")


def _scope(designator: str, uid: str, dataset: str) -> str:
    scheme = _encoded(designator)
    scope = uid or quote(normalize("NFC", dataset), safe="")
    return f"{scheme}@{scope}" if scope and is_private(designator) else scheme
