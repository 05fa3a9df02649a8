"""Reading processes: in order, bounded, and none of them can stop a run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cohortgraph.errors import WorkFailed
from cohortgraph.ingest import workers
from cohortgraph.ingest.workers import Lost, in_order

DIES = "__import__('os')._exit(1)"
KILLED = "__import__('os').kill(__import__('os').getpid(), 9)"
HANGS = "__import__('time').sleep(3600)"


def evaluated(expressions: list[str | None], workers: int = 2, limit_s: float = 60.0) -> list[object]:
    """What processes make of Python expressions."""
    items = [(n, expression) for n, expression in enumerate(expressions)]
    found = list(in_order(eval, items, workers, limit_s=limit_s))
    assert [n for n, _ in found] == list(range(len(expressions)))
    return [result for _, result in found]


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_their_jobs(workers: int) -> None:
    expressions = [f"__import__('time').sleep({0.02 * (n % 7 == 0)}) or {n}" for n in range(60)]
    assert evaluated(expressions, workers) == list(range(60))


def test_items_without_a_job_pass_through_in_their_place() -> None:
    assert evaluated([None, "1", None, None, "2"]) == [None, 1, None, None, 2]


@pytest.mark.parametrize("deadly", [DIES, KILLED])
def test_a_job_that_ends_its_process_is_lost_alone(deadly: str) -> None:
    results = evaluated([str(n) if n % 40 else deadly for n in range(100)])
    assert [n for n, result in enumerate(results) if isinstance(result, Lost)] == [0, 40, 80]
    assert [result for result in results if not isinstance(result, Lost)] == [n for n in range(100) if n % 40]
    assert results[0] == Lost("the process that read it died")


def test_a_process_that_was_killed_once_costs_nothing(tmp_path: Path) -> None:
    once = f"__import__('pathlib').Path({str(tmp_path / 'x')!r}).mkdir() or {KILLED}"
    again = f"7 if __import__('os').path.exists({str(tmp_path / 'x')!r}) else ({once})"
    assert evaluated([again, "8"]) == [7, 8]


def test_a_job_that_hangs_is_lost_alone() -> None:
    results = evaluated(["1", HANGS, "2"], limit_s=3)
    assert results == [1, Lost("reading it took more than 3 s"), 2]


def test_jobs_are_taken_up_no_further_than_a_bound_ahead() -> None:
    taken = 0

    def jobs() -> Iterator[tuple[int, str]]:
        nonlocal taken
        for taken in range(100_000):
            yield taken, "0"

    readings = in_order(eval, jobs(), 2)
    for _ in range(10):
        next(readings)
    readings.close()
    assert taken < 1000


def test_processes_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "from cohortgraph.ingest.workers import in_order\n"
        "if __name__ == '__main__':\n"
        "    for _, child in in_order(eval, [(0, \"__import__('os').getpid()\"), (1, 'None')] * 9, 2, chunk=1):\n"
        "        if child: print(child, flush=True)\n"
        "        import time; time.sleep(3600)\n"
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    for _ in range(600):
        if not _runs(child):
            return
        time.sleep(0.05)
    pytest.fail("the process outlives its parent")


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_script_without_a_guard_is_not_started_again_in_each_process(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from cohortgraph.ingest.workers import in_order\n"
        "print('begun')\n"
        "print([result for _, result in in_order(len, [(0, 'a'), (1, 'bb')], 2)])\n"
    )
    told = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert told.stdout == "begun\n[1, 2]\n", told.stderr


def test_where_no_process_can_be_started_the_run_ends_and_no_file_is_to_blame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "settle_in", os.abort)
    with pytest.raises(WorkFailed, match="--workers 1"):
        evaluated(["1", "2", "3"])
