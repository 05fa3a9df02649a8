"""manifest.json of a complete export: what it is, and every file with its digest; docs/reference/manifest.schema.json.

Streamed from the records of samples: what is told of single ones stands last, an entry a line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Any

from ..errors import WorkFailed
from ..version import __version__
from .place import MANIFEST, Place
from .plan.file import Plan
from .plan.model import Head
from .protocol import Closing, Made, MadeFile
from .work import objects_of
from .written import Exported, Missing
from .written_files import whole

LISTS = ("warnings", "missing", "files")
_TOLD = 1000
"""So many warnings are told at once; the manifest has all."""
_MADE_BY = (
    "numpy", "pydicom", "python-gdcm", "pylibjpeg-openjpeg", "highdicom", "nibabel", "isal", "simpleitk", "pyarrow",
)  # fmt: skip
"""Libraries on which the bytes of files depend."""
Told = Callable[[Made], Iterable[Any]]


def write_manifest(place: Place, plan: Plan, closing: Closing, folder: Path) -> Exported:
    """Write manifest.json of an export into a folder, and sum the export up."""
    exported = _summed(place, plan, closing)
    first: dict[str, list[Any]] = {"warnings": closing.warnings, "files": [_file(each, "") for each in closing.files]}
    about = _about(plan.head) | {n: v for n, v in exported.to_dict().items() if n not in LISTS}
    told: dict[str, Told] = {"warnings": _warnings, "missing": _missing, "files": _files}
    with whole(folder / MANIFEST) as target:
        target.write(json.dumps(about, indent=1, ensure_ascii=False, default=str).removesuffix("\n}").encode())
        for name in LISTS:
            target.write(f',\n "{name}": ['.encode())
            separator = "\n  "
            for entry in chain(first.get(name, ()), (each for made in _all(place, plan) for each in told[name](made))):
                target.write((separator + json.dumps(entry, ensure_ascii=False)).encode())
                separator = ",\n  "
            target.write(b"]" if separator == "\n  " else b"\n ]")
        target.write(b"\n}\n")
    return exported


def _all(place: Place, plan: Plan) -> Iterator[Made]:
    for number, made in place.all_made(len(plan)):
        if made is None:
            raise WorkFailed(f"sample {number} in {place.under_way} is gone; run the export again")
        yield made


def _summed(place: Place, plan: Plan, closing: Closing) -> Exported:
    objects = skipped = 0
    files, size = len(closing.files), sum(each.size for each in closing.files)
    warnings = list(closing.warnings)
    missing: list[Missing] = []
    for number, made in enumerate(_all(place, plan)):
        objects += objects_of(plan.sample(number))
        skipped += bool(made.skipped)
        files += len(made.files)
        size += sum(each.size for each in made.files)
        warnings += _warnings(made) if len(warnings) < _TOLD else ()
        missing += (Missing(each["sopInstanceUID"], each["reason"]) for each in _missing(made))
    about = plan.head.about
    incomplete = about.get("incomplete", {})
    unsampled = sum(incomplete.get(name, 0) for name in ("count", "unlabelled", "withoutSample"))
    told = tuple(warnings), tuple(missing), plan.patients(), unsampled, dict(about.get("split", {}))
    return Exported(plan.head.form, len(plan), objects, files, size, skipped, *told)


def _warnings(made: Made) -> list[str]:
    told = dict.fromkeys(made.warnings)
    if made.skipped and made.skipped != "; ".join(made.warnings):
        told[made.skipped] = None
    return [f"{made.sample}: {each}" for each in told]


def _missing(made: Made) -> list[dict[str, str]]:
    return [Missing(uid, reason).to_dict() for uid, reason in sorted(made.missing.items())]


def _files(made: Made) -> list[dict[str, Any]]:
    return [_file(each, made.sample) for each in made.files]


def _file(made: MadeFile, sample: str) -> dict[str, Any]:
    return {"path": made.path, "digest": made.digest, "size": made.size, "sample": sample}


_LISTED = ("incomplete", "split", "attributes")
"""What a plan counts besides."""


def _about(head: Head) -> dict[str, Any]:
    """What is the same however it was made, and last the time and the versions."""
    aside = ("cohortgraph", "snapshot", "snapshotDigest", "terms", "notes", *_LISTED)
    options = dict(head.options)
    told = dict(head.about.get("terms", {}))
    needed = options.get("override", "") if told.get("forbidden") else ""
    terms = {"purpose": options.get("purpose", "research"), "override": needed}
    return {
        "cohortgraph": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "identity": head.identity,
        "snapshot": {
            "name": head.about.get("snapshot", ""),
            "digest": head.about.get("snapshotDigest", ""),
            **{name: value for name, value in head.about.items() if name not in aside},
        },
        "options": options,
        "datasets": list(head.sources),
        "terms": terms | told,
        **{name: dict(head.about.get(name, {})) for name in _LISTED},
        "versions": {"python": ".".join(map(str, sys.version_info[:3])), **_versions()},
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _MADE_BY:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def exported_by(told: Mapping[str, Any]) -> Exported | None:
    """What a complete export is, as its manifest.json says; None where that is none."""
    try:
        missing = tuple(Missing(each["sopInstanceUID"], each["reason"]) for each in told["missing"])
        return Exported(
            told["form"], told["samples"], told["objects"], len(told["files"]), told["size"], told["skipped"],
            tuple(told["warnings"]), missing, told["patients"], told.get("unsampled", 0), told.get("split", {}),
        )  # fmt: skip
    except (KeyError, TypeError):
        return None
