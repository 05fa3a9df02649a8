"""A slice of ``python -m benchmarks.killed``: worker and server are killed, and the export is the same all over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_an_export_whose_worker_and_server_are_killed_is_as_an_undisturbed_one() -> None:
    few = ["--times", "2", "--series", "12", "--seed", "3"]
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.killed", *few], cwd=ROOT, capture_output=True, text=True, timeout=400
    )
    assert told.returncode == 0, told.stdout + told.stderr
    lines = [line.split()[:6] for line in told.stdout.splitlines()[1:]]
    assert [line[:3] + line[4:] for line in lines] == [
        [who, "2", "done", "True", "True"] for who in ("worker", "server")
    ]
    assert all(int(line[3]) >= 12 + 1 for line in lines), "a file for each series, and manifest.json"
