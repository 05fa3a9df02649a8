"""A slice of the damaged and hostile files that ``python -m benchmarks.mutate`` makes; all of them take minutes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_damaged_and_hostile_files_do_no_harm(shared_data: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.mutate", shared_data, "--count", "200"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
