"""Bulk values, which are not kept: a mark of their SHA-256 and length stands for them."""

from __future__ import annotations

import hashlib
import re

BULK = 1024
"""Bytes above which a value of a bulk VR is not kept."""

BULK_VRS = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN", "US or OW", "OB or OW", "US or SS or OW"))

_MARK = re.compile(rb"bulk sha256 ([0-9a-f]{64}) (\d+) *")


def mark(value: bytes) -> bytes:
    """What stands for a bulk value, given in little endian."""
    written = f"bulk sha256 {hashlib.sha256(value).hexdigest()} {len(value)}"
    return written.ljust(len(written) + len(written) % 2).encode()


def bulk(value: object) -> tuple[str, int] | None:
    """SHA-256 (hexadecimal) and length of the bulk value that a mark stands for; None where it is none."""
    found = _MARK.fullmatch(value) if isinstance(value, bytes) else None
    return (found[1].decode(), int(found[2])) if found else None
