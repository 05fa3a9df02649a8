"""manifest.json of a complete export: what it is, and every file with its digest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..version import __version__
from .place import Place
from .plan.file import Plan
from .work import objects_of
from .writers.protocol import MadeFile
from .written import Exported, Missing
from .written_files import whole

NAME = "manifest.json"


def write_manifest(place: Place, plan: Plan, closing: Iterable[MadeFile]) -> Exported:
    """Write manifest.json into the folder in which an export is made, and sum it up."""
    files: list[tuple[str, MadeFile]] = [("", each) for each in closing]
    objects = skipped = 0
    warnings: list[str] = []
    missing: list[Missing] = []
    for number, made in place.all_made(len(plan)):
        assert made is not None  # noqa: S101  the caller has looked
        objects += objects_of(plan.sample(number))
        skipped += bool(made.skipped)
        warnings += [f"{made.sample}: {each}" for each in (*made.warnings, *([made.skipped] if made.skipped else []))]
        missing += [Missing(uid, reason) for uid, reason in sorted(made.missing.items())]
        files += [(made.sample, each) for each in made.files]
    head = plan.head
    size = sum(each.size for _, each in files)
    exported = Exported(head.form, len(plan), objects, len(files), size, skipped, tuple(warnings), tuple(missing))
    told = {
        "cohortgraph": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "identity": head.identity,
        "snapshot": head.about,
        "options": head.options,
        "datasets": head.sources,
        **exported.to_dict(),
        "files": [{"path": f.path, "digest": f.digest, "size": f.size, "sample": name} for name, f in files],
    }
    with whole(place.partial / NAME) as target:
        target.write(json.dumps(told, indent=1, ensure_ascii=False, default=str).encode() + b"\n")
    return exported


def read_manifest(folder: Path) -> Exported | None:
    """What a complete export is; None where the folder holds none."""
    told = manifest_of(folder)
    try:
        missing = tuple(Missing(each["sopInstanceUID"], each["reason"]) for each in told["missing"])
        return Exported(
            told["form"], told["samples"], told["objects"], len(told["files"]), told["size"], told["skipped"],
            tuple(told["warnings"]), missing,
        )  # fmt: skip
    except (KeyError, TypeError):
        return None


def manifest_of(folder: Path) -> dict[str, Any]:
    """manifest.json of a complete export; empty where there is none."""
    try:
        told: dict[str, Any] = json.loads((folder / NAME).read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
