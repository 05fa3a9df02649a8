"""File names that every system takes, told from the identities that they stand for."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping

_UID = re.compile(r"[0-9][0-9.]{0,63}")
_ODD = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 64
_DEVICES = frozenset(
    ("CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10)))
)
"""Names that Windows keeps for itself, with any extension."""
_OF_EXPORTS = frozenset(("dicom", "dicomdir", "manifest.csv", "manifest.json"))


def patient_folders(patient_ids: Mapping[str, str]) -> dict[str, str]:
    """Patient's id → the name of its folder: the Patient ID or, where that is no name or not its alone, with a digest.

    Parameters
    ----------
    patient_ids
        Id → Patient ID, of all patients that get a folder.
    """
    names = {patient: _safe(patient_id) for patient, patient_id in patient_ids.items()}
    shared = Counter(name.casefold() for name in names.values())
    return {
        patient: name
        if name and name == patient_ids[patient] and shared[name.casefold()] == 1 and not _is_an_exports(name)
        else _told_apart(name, patient)
        for patient, name in names.items()
    }


def _is_an_exports(name: str) -> bool:
    """Whether an export itself has files of that name, on file systems that tell no case."""
    return name.casefold() in _OF_EXPORTS or name.casefold().endswith(".partial")


def uid_name(uid: str) -> str:
    """A UID as a name; one that is no UID by PS3.5 gets a digest."""
    return uid if _UID.fullmatch(uid) else _told_apart(_safe(uid), uid)


def _safe(text: str) -> str:
    name = _ODD.sub("_", text)[:_LONGEST].strip(".")
    return f"_{name}" if name.partition(".")[0].upper() in _DEVICES else name


def _told_apart(name: str, identity: str) -> str:
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name}-{digest}" if name else digest
