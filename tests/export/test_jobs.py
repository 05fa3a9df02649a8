"""Exports as jobs: done, killed, cancelled, tried again, by one worker and by several."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, select

from cohortgraph.cli import cohortgraph
from cohortgraph.client import Client
from cohortgraph.errors import NotFound, UsageError
from cohortgraph.export.drive import drive
from cohortgraph.export.folder import Folder
from cohortgraph.export.jobs.board import Board, ExportJob
from cohortgraph.export.jobs.database import WORKERS
from cohortgraph.export.jobs.worker import take_over
from cohortgraph.graph.store.directory import Store

from . import postgres
from .planned import cohort, contents, planned

SERIES = 20


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(Store.init(tmp_path / "store")) as opened:
        yield cohort(opened, tmp_path / "data", SERIES)


@pytest.fixture
def board(client: Client, tmp_path: Path) -> Iterator[Board]:
    with Board(f"sqlite:///{tmp_path / 'store' / 'jobs.sqlite'}") as opened:
        yield opened


@contextmanager
def worker(tmp_path: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "cohortgraph", "worker", "--store", str(tmp_path / "store"), *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.terminate()


def at_work(*processes: subprocess.Popen[bytes]) -> None:
    """Wait until these workers take what is queued."""
    for each in processes:
        assert each.stderr
        told = each.stderr.readline()
        assert told.startswith(b"working as"), told


def until(board: Board, job: ExportJob, reached: Callable[[ExportJob], bool], seconds: float = 60) -> ExportJob:
    for _ in range(int(seconds / 0.1)):
        now = board.job(job.id)
        if reached(now):
            return now
        time.sleep(0.1)
    raise AssertionError(f"{seconds} s later it is still {now}")


def ended(job: ExportJob) -> bool:
    return job.state in ("done", "failed", "cancelled")


def test_a_worker_makes_what_the_foreground_makes(client: Client, board: Board, tmp_path: Path) -> None:
    made = drive(planned(client, tmp_path / "one"), workers=1)
    job = board.submit(planned(client, tmp_path / "two"), "all@1")
    assert job.state == "waiting"
    with worker(tmp_path, "--concurrency", "2"):
        job = until(board, job, ended)
    assert (job.state, job.error, job.result) == ("done", None, made.to_dict())
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert (job.progress.samples, job.progress.objects, job.progress.size) == (
        SERIES,
        made.objects,
        sum(path.stat().st_size for path in (tmp_path / "two").rglob("*.dcm")),
    )


def test_a_killed_worker_is_followed_by_the_next_one(client: Client, board: Board, tmp_path: Path) -> None:
    drive(planned(client, tmp_path / "one"), workers=1)
    job = board.submit(planned(client, tmp_path / "two"), "all@1")
    moments = random.Random(7)
    for _ in range(3):
        with worker(tmp_path, "--concurrency", "1") as process:
            before = board.job(job.id).progress.samples
            until(board, job, lambda job: ended(job) or job.progress.samples > before)  # noqa: B023
            time.sleep(moments.random() * 0.3)
            process.kill()
            process.wait()
    assert not ended(board.job(job.id))
    with worker(tmp_path, "--concurrency", "1"):
        job = until(board, job, ended)
    assert (job.state, job.error) == ("done", None)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_another_worker_takes_over_from_one_that_dies_for_good(client: Client, board: Board, tmp_path: Path) -> None:
    job = board.submit(planned(client, tmp_path / "out"), "all@1")
    with worker(tmp_path, "--concurrency", "1") as first:
        until(board, job, lambda job: job.progress.samples > 0)
        with worker(tmp_path, "--concurrency", "1"):
            first.kill()
            first.wait()
            job = until(board, job, ended)
    assert (job.state, job.progress.samples) == ("done", SERIES)


def test_two_workers_share_a_job(client: Client, board: Board, tmp_path: Path) -> None:
    drive(planned(client, tmp_path / "one"), workers=1)
    with worker(tmp_path, "--concurrency", "1") as first, worker(tmp_path, "--concurrency", "1") as second:
        at_work(first, second)
        job = board.submit(planned(client, tmp_path / "two"), "all@1")
        job = until(board, job, ended)
    assert job.state == "done"
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    flows = board._client.list_workflows(workflow_id_prefix=f"{job.id}.1.")
    assert len({each.executor_id for each in flows}) == 2


def test_a_cancelled_export_keeps_what_is_made_and_goes_on(client: Client, board: Board, tmp_path: Path) -> None:
    drive(planned(client, tmp_path / "one"), workers=1)
    place = planned(client, tmp_path / "two")
    job = board.submit(place, "all@1")
    with worker(tmp_path, "--concurrency", "1"):
        until(board, job, lambda job: job.progress.samples > 0)
        job = board.cancel(job.id)
        assert job.state == "cancelled"
        assert place.partial.is_dir()
        assert not place.out.exists()
        job = board.retry(job.id)
        assert job.attempt == 2
        job = until(board, job, ended)
    assert job.state == "done"
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_job_that_lacks_objects_fails_by_naming_them_and_goes_on_when_they_are_back(
    client: Client, board: Board, tmp_path: Path
) -> None:
    gone = tmp_path / "data" / "1-0.dcm"
    kept = gone.read_bytes()
    job = board.submit(planned(client, tmp_path / "out"), "all@1")
    gone.unlink()
    with worker(tmp_path, "--concurrency", "1"):
        job = until(board, job, ended)
        assert job.state == "failed"
        assert "1 objects are missing (1.2.1.0)" in str(job.error)
        assert [each["sopInstanceUID"] for each in job.missing] == ["1.2.1.0"]
        gone.write_bytes(kept)
        job = until(board, board.retry(job.id), ended)
    assert (job.state, job.attempt) == ("done", 2)


def test_a_folder_has_one_job_at_a_time(client: Client, board: Board, tmp_path: Path) -> None:
    place = planned(client, tmp_path / "out")
    board.submit(place, "all@1")
    with pytest.raises(UsageError, match="cancel it, or wait"):
        board.submit(place, "all@1")


def test_only_an_export_that_has_ended_is_deleted(client: Client, board: Board, tmp_path: Path) -> None:
    job = board.submit(planned(client, tmp_path / "out"), "all@1")
    with pytest.raises(UsageError, match="cancel it first"):
        board.delete(job.id)
    board.cancel(job.id)
    board.delete(job.id)
    assert board.jobs() == []
    assert board.submit(Folder(tmp_path / "out"), "all@1").state == "waiting"


def test_a_worker_whose_beat_stopped_is_taken_for_dead(board: Board, tmp_path: Path) -> None:
    row = {"host": "elsewhere", "process": 1, "concurrency": 1}
    with board._engine.begin() as connection:
        connection.execute(insert(WORKERS), [{"id": "old", "beat": 100.0, **row}, {"id": "new", "beat": 990.0, **row}])
    take_over(board._engine, board._client, "me", now=1000.0)
    with board._engine.connect() as connection:
        assert connection.execute(select(WORKERS.c.id)).scalars().all() == ["new"]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system has no /proc")
def test_a_worker_that_ended_is_dead_though_nobody_asked_how(board: Board) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended_unasked:
        os.waitid(os.P_PID, ended_unasked.pid, os.WEXITED | os.WNOWAIT)
        row = {"host": socket.gethostname(), "concurrency": 1, "beat": time.time()}
        with board._engine.begin() as connection:
            connection.execute(
                insert(WORKERS), [{"id": f"{pid}", "process": pid, **row} for pid in (ended_unasked.pid, os.getppid())]
            )
        take_over(board._engine, board._client, "me")
    with board._engine.connect() as connection:
        assert connection.execute(select(WORKERS.c.process)).scalars().all() == [os.getppid()]


def test_workers_on_postgresql_need_no_store_and_take_over_from_each_other(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive(planned(client, tmp_path / "one"), workers=1)
    with postgres.running() as url:
        monkeypatch.setenv("COHORTGRAPH_JOBS_URL", url)
        command = [sys.executable, "-m", "cohortgraph", "worker", "--concurrency", "1"]
        workers = [subprocess.Popen(command, cwd=tmp_path / "data", stderr=subprocess.PIPE) for _ in range(2)]
        try:
            at_work(*workers)
            with Board(url) as board:
                job = board.submit(planned(client, tmp_path / "two"), "all@1")
                until(board, job, lambda job: job.progress.samples > 1)
                workers[0].kill()
                workers[0].wait()
                job = until(board, job, ended)
        finally:
            for each in workers:
                with each:
                    each.terminate()
    assert (job.state, job.error) == ("done", None)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_full_disk_fails_the_job_with_the_reason_and_it_goes_on_when_there_is_room(
    client: Client, board: Board, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", small]).returncode:
        pytest.skip("only root mounts a small file system")
    try:
        job = board.submit(planned(client, small / "out"), "all@1")
        subprocess.run(["mount", "-o", "remount,size=300k", small], check=True)
        with worker(tmp_path, "--concurrency", "1"):
            job = until(board, job, ended)
            assert job.state == "failed"
            assert "No space left on device" in str(job.error)
            assert 0 < job.progress.samples < SERIES
            subprocess.run(["mount", "-o", "remount,size=5m", small], check=True)
            job = until(board, board.retry(job.id), ended)
        assert (job.state, job.progress.samples) == ("done", SERIES)
        drive(planned(client, tmp_path / "one"), workers=1)
        assert contents(small / "out") == contents(tmp_path / "one")
    finally:
        subprocess.run(["umount", small], check=True)


def test_the_command_line_leaves_an_export_to_workers_and_follows_it(client: Client, tmp_path: Path) -> None:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cohortgraph, [*arguments, "--store", str(tmp_path / "store")])

    client.close()
    begun = run("export", "all", "--format", "dicom", "--detach", "--out", str(tmp_path / "out"))
    assert begun.exit_code == 0, begun.output
    identifier = begun.stdout.strip()
    assert f"{identifier}  waiting" in run("jobs", "list").stdout
    assert "cancelled" in run("jobs", "cancel", identifier).stdout
    assert "attempt 2" in run("jobs", "retry", identifier).stdout
    with worker(tmp_path, "--concurrency", "1"):
        followed = run("jobs", "follow", identifier, "--json")
    assert followed.exit_code == 0, followed.output
    assert json.loads(followed.stdout)["result"]["samples"] == SERIES
    assert "0 samples skipped, 0 objects missing" in run("jobs", "show", identifier).stdout
    assert run("jobs", "fetch", identifier, "--out", str(tmp_path / "two")).exit_code == 0
    assert contents(tmp_path / "out") == contents(tmp_path / "two")
    assert run("jobs", "delete", identifier).exit_code == 0
    assert "no export" in run("jobs", "list").stdout
    assert contents(tmp_path / "out") == contents(tmp_path / "two")
    assert isinstance(run("jobs", "show", "none").exception, NotFound)
