"""A slice of ``python -m benchmarks.load``: questions while objects arrive and the server is killed once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_error_and_no_wrong_answer_while_objects_arrive_and_the_server_is_killed() -> None:
    few = ["--minutes", "0.1", "--clients", "6", "--objects", "56", "--batches", "4"]
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.load", *few], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert " 0 errors" in told.stdout
    assert " 0 wrong of " in told.stdout
    assert " 0 wrong of 0 " not in told.stdout
    assert "given by the naive evaluator too" in told.stdout
    assert " 0 of " not in told.stdout
