"""``python -m benchmarks.mutate FOLDER``: ingest thousands of damaged and hostile files, made of those of a folder.

Nothing may end the process, take more than ten seconds an object, leave an object half-written, or need memory without
bound; otherwise the exit code is 1, and the files that did it are kept.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

import click
import pydicom

from .damage import damaged
from .hostile import HOSTILE
from .trial import Outcome

_LARGEST = 256 << 10
_BATCH = 500
_PATIENCE = 20
"""Seconds that a file of a batch may take on average, before the process is taken to hang."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--count", default=10_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--limit-s", default=10.0, show_default=True, help="Seconds that reading one object may take")
@click.option("--memory-mib", default=1024, show_default=True, help="Resident memory that a process may need")
def main(folder: Path, count: int, seed: int, limit_s: float, memory_mib: int) -> None:
    """Ingest COUNT files made of the good ones in FOLDER."""
    kinds = by_class(folder)
    failures: list[str] = []
    whole = Outcome()
    for start in range(0, count, _BATCH):
        numbers = range(start, min(start + _BATCH, count))
        with tempfile.TemporaryDirectory() as scratch:
            batch = Path(scratch)
            for number in numbers:
                made = mutant(kinds, Random(f"{seed}/{number}"), number)
                (batch / f"{number:06}.dcm").write_bytes(made)
            found = tried(batch, limit_s, _PATIENCE * len(numbers))
            whole.add(found)
            harm = [*(f"late: {uri}" for uri in found.late), *found.problems]
            if found.peak_mib > memory_mib:
                harm.append(f"{found.peak_mib} MiB")
            if harm:
                kept = Path(tempfile.mkdtemp(prefix="mutants-"))
                shutil.copytree(batch, kept, dirs_exist_ok=True)
                failures.append(f"{numbers.start}–{numbers.stop - 1}, kept in {kept}: {'; '.join(harm)}")
                click.echo(failures[-1], err=True)
    click.echo(
        f"{count} files: {whole.kept} kept, {whole.refused} in quarantine, {whole.other} in conflict or no DICOM; "
        f"slowest {whole.slowest_s:.2f} s; peak {whole.peak_mib} MiB; {len(failures)} failures"
    )
    sys.exit(bool(failures))


def by_class(folder: Path) -> list[list[bytes]]:
    """The small DICOM files of a folder, by SOP Class."""
    found: dict[str, list[bytes]] = {}
    for path in sorted(folder.rglob("*.dcm")):
        if path.stat().st_size <= _LARGEST:
            try:
                ds = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"])
            except Exception:  # what is damaged already is no good one
                continue
            found.setdefault(str(ds.get("SOPClassUID", "")), []).append(path.read_bytes())
    return list(found.values())


def mutant(kinds: list[list[bytes]], random: Random, number: int) -> bytes:
    """A damaged or hostile file of a SOP Class drawn evenly; every second one has a SOP Instance UID of its own."""
    data = random.choice(random.choice(kinds))
    if number % 2:
        data = _renamed(data, number)
    if random.random() < 0.25:
        try:
            data = random.choice(HOSTILE)(data, random)
        except Exception:
            pass
        else:
            return data
    return damaged(data, random)


def _renamed(data: bytes, number: int) -> bytes:
    at = data.find(b"\x08\x00\x18\x00")
    uid = data[at + 8 : at + 8 + 64].split(b"\0")[0].split(b"\x08")[0]
    suffix = f"{number:06}".encode()
    return data.replace(uid, uid[: -len(suffix)] + suffix) if at > 0 and len(uid) > 16 else data


def tried(folder: Path, limit_s: float, patience_s: float) -> Outcome:
    """What becomes of a folder in a process of its own; an end that is none of its making is a problem."""
    command = [sys.executable, "-m", "benchmarks.mutate.trial", os.fspath(folder), str(limit_s)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience_s)
    except subprocess.TimeoutExpired as late:
        return Outcome(problems=[f"hangs at {_last(late.stderr)}"])
    if done.returncode:
        return Outcome(problems=[f"exit code {done.returncode} at {_last(done.stderr)}"])
    return Outcome(**json.loads(done.stdout))


def _last(told: str | bytes | None) -> str:
    lines = (told if isinstance(told, str) else (told or b"").decode()).splitlines()
    return " | ".join(lines[-12:])


main()
