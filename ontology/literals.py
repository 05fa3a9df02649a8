"""Codes as people write them in a question, normalised like data (semantics 1.4)."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from unicodedata import normalize

from ..errors import UsageError
from .concept import Code, concept_id, split_id
from .normalise import normalise
from .schemes import SPELLINGS, is_private, standard

_WHOLE = ("urn", "http", "https")


def parse(text: str, known_schemes: Collection[str]) -> str:
    """The id of the concept that a literal names.

    Parameters
    ----------
    text
        ``SCHEME:value``, split at the first colon, or a URN.
    known_schemes
        The schemes present in the store, as their ids spell them. ``99PMP:250137`` without a scope finds the scheme
        ``99PMP@…`` there.

    Raises
    ------
    UsageError
        if it is no ``SCHEME:value``; if the scheme is neither the standard's nor private nor in the store; if several
        sources in the store have private schemes of that name.
    """
    literal = normalize("NFC", text.strip())
    scheme, value = split_id(literal)
    if ":" not in literal or not value:
        raise UsageError(f"{text!r} is not a code; expected SCHEME:value, such as SCT:87878005")
    if scheme.casefold() in _WHOLE or standard(scheme) is not None:
        return normalise(Code(value=literal) if scheme.casefold() in _WHOLE else Code(value, scheme)).id
    if scheme in known_schemes or scheme == "":
        return literal
    if not is_private(scheme):
        raise UsageError(_unknown(scheme, known_schemes))
    scoped = sorted(known for known in known_schemes if known.partition("@")[0] == scheme)
    if len(scoped) > 1:
        choices = ", ".join(concept_id(known, value) for known in scoped)
        raise UsageError(f"{scheme} is a private scheme of {len(scoped)} sources here; name one: {choices}")
    return concept_id(scoped[0], value) if scoped else literal


def _unknown(scheme: str, known_schemes: Collection[str]) -> str:
    spellings = {name.casefold(): name for name in (*known_schemes, *SPELLINGS)}
    near = get_close_matches(scheme.casefold(), spellings, n=1, cutoff=0.5)
    hint = ""
    if near:
        spelling = spellings[near[0]]
        hint = f"; did you mean {(standard(spelling) or spelling)!r}?"
    return f"{scheme!r} is no coding scheme of DICOM and none of this store{hint}"
