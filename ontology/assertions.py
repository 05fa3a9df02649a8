"""Yes, no, unknown (semantics 3.1): what a CODE item says by its value."""

from __future__ import annotations

from typing import Literal

Assertion = Literal["affirmed", "denied", "undetermined", "valued"]

AFFIRMED = frozenset(
    {
        "SCT:373066001",  # Yes, CID 230
        "SCT:52101004",  # Present, CID 240
        "DCM:121053",  # Present, retired
    }
)
DENIED = frozenset(
    {
        "SCT:373067005",  # No, CID 230
        "SCT:272519000",  # Absent, CID 240
        "SCT:260385009",  # Not detected (negative)
        "DCM:121054",  # Absent, retired
    }
)
UNDETERMINED = frozenset(
    {
        "SCT:373068000",  # Undetermined, CID 230 and CID 240
        "DCM:121059",  # Presence Undetermined, retired
    }
)

_ASSERTIONS: dict[str, Assertion] = {
    **dict.fromkeys(AFFIRMED, "affirmed"),
    **dict.fromkeys(DENIED, "denied"),
    **dict.fromkeys(UNDETERMINED, "undetermined"),
}


def assertion(value_id: str) -> Assertion:
    """What a CODE item with that value (a normalised concept id) says of its name."""
    return _ASSERTIONS.get(value_id, "valued")
