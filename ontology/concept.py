"""The identity of a concept: ``SCHEME:value``, split at the first colon (semantics 1.2)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A code as it was read: the Code Sequence Macro of PS3.3 Table 8.8-1, not yet normalised.

    ``value`` comes from Code Value, Long Code Value or URN Code Value, whichever is present.
    """

    value: str
    scheme_designator: str = ""
    meaning: str = ""
    scheme_version: str = ""
    scheme_uid: str = ""


def concept_id(scheme: str, value: str) -> str:
    """Join a normalised scheme and a code value to a concept's id."""
    return f"{scheme}:{value}"


def split_id(identifier: str) -> tuple[str, str]:
    """Split a concept's id at its FIRST colon: ``MDC:2:15872`` → ``("MDC", "2:15872")``.

    A URN (``urn:…``) has no scheme of its own; it is returned as ``("urn", rest)``.
    """
    scheme, _, value = identifier.partition(":")
    return scheme, value
