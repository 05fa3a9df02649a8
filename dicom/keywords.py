"""Property names from DICOM keywords and back (semantics 1.1)."""

from __future__ import annotations

import re
from functools import cache

from pydicom.datadict import keyword_dict, keyword_for_tag

_LEADING = re.compile(r"[A-Z]+(?![a-z])|[A-Z]")


def property_name(keyword: str) -> str:
    """A keyword with its leading acronym or letter lowercased: ``SOPInstanceUID`` → ``sopInstanceUID``."""
    return _LEADING.sub(lambda found: found[0].lower(), keyword, count=1)


def tag_of(name: str) -> int | None:
    """The tag whose keyword gives a property its name; None where the name is no keyword's."""
    return _tags().get(name)


@cache
def keyword_of(tag: int) -> str:
    """The keyword of a tag; a private or unknown one as eight hexadecimal digits."""
    return keyword_for_tag(tag) or f"{tag:08X}"


@cache
def _tags() -> dict[str, int]:
    return {property_name(keyword): tag for keyword, tag in keyword_dict.items() if keyword}
