"""Whatever ends an ingest, the store opens, the next run goes on, and its end is that of an undisturbed one."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
import pytest

from cohortgraph.errors import StoreError
from cohortgraph.graph.reading.digest import digest
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest import run as run_module
from cohortgraph.ingest.pipeline import ingest
from cohortgraph.ingest.recheck import check
from cohortgraph.registry import Registry

from .archives import image, tarred, write, zipped

SCRIPT = """
import signal
import sys
from pathlib import Path
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest import run
from cohortgraph.ingest.pipeline import ingest

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started the tests in the background
    run.BATCH_OBJECTS, run._EVENT_S = 25, 0
    store, folder, workers, waits_after = sys.argv[1:]
    told = 0

    def tell(event):
        global told
        print(event.phase, event.done, flush=True)
        told += 1
        if told == int(waits_after):
            signal.pause()

    with Store.open(store) as opened:
        ingest(opened, [Path(folder)], "one", workers=int(workers), progress=tell)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some 300 files: new, equal and differing objects, in archives too, and what can't be read."""
    made = tmp_path_factory.mktemp("crash") / "in"
    for n in range(200):
        write(made / f"{n % 7}/{n:03}.dcm", image(f"1.2.{n}", SeriesInstanceUID=f"1.3.{n % 7}", InstanceNumber=n))
    members = {
        f"{n}.dcm": image(f"1.2.{n}", SeriesInstanceUID=f"1.3.{n % 7}", InstanceNumber=n) for n in range(180, 230)
    }
    write(made / "3.tgz", tarred(members))
    write(made / "0.zip", zipped({f"{n}.dcm": image(f"1.2.{n}", InstanceNumber=-1) for n in range(10, 40)}))
    write(made / "5/torn.dcm", image("1.2.3")[:-3])
    real = Path(__file__).parents[3] / "shared" / "data" / "dcmjs"
    for n, path in enumerate(real.rglob("*.dcm")):
        write(made / f"6-{n}.dcm", path.read_bytes())
    return made


@pytest.fixture(scope="module")
def undisturbed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, set[tuple[str, str]]]:
    """Digest, and what is held back, of a run that nothing disturbed."""
    with Store.init(tmp_path_factory.mktemp("undisturbed") / "store") as store:
        ingest(store, [folder], "one", workers=1)
        return digest(store.engine), held(store)


def held(store: Store) -> set[tuple[str, str]]:
    """What the registry lists as quarantined or in conflict."""
    with Registry(store.registry_path) as registry:
        return {(each.state, each.uri) for each in registry.held()}


@contextmanager
def running(
    tmp_path: Path, folder: Path, workers: int = 1, waits_after: int = 0, **options: object
) -> Iterator[subprocess.Popen[str]]:
    """An ingest in a process of its own, which tells each file on its standard output, and may wait after some."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, script, tmp_path / "store", folder, str(workers), str(waits_after)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, **options) as process:  # type: ignore[call-overload]
        yield process
        process.kill()


def killed_after(tmp_path: Path, folder: Path, lines: int, sign: signal.Signals, workers: int = 1) -> bool:
    """End an ingest when it has told so many lines; False where it came to its end before."""
    with running(tmp_path, folder, workers, lines if sign == signal.SIGINT else 0) as process:
        assert process.stdout
        told = sum(1 for _ in zip(range(lines), process.stdout, strict=False))
        process.send_signal(sign)
        process.communicate()
    return told == lines and process.returncode != 0


def test_killed_at_any_moment_a_run_is_resumed_to_the_same_end(
    tmp_path: Path, folder: Path, undisturbed: tuple[str, set[tuple[str, str]]]
) -> None:
    store = tmp_path / "store"
    Store.init(store).close()
    # the first file; before, at and behind a commit; with two processes; amid archives; the last files
    moments = [1, 24, 26, 77, 131, 190, 290]
    kills = sum(killed_after(tmp_path, folder, n, signal.SIGKILL, workers=2 if n == 131 else 1) for n in moments)
    assert kills >= 6
    with Store.open(store) as opened:
        ingest(opened, [folder], "one", workers=1)
        assert (digest(opened.engine), held(opened)) == undisturbed
        assert check(opened) == []
    assert sorted(path.name for path in store.iterdir() if path.is_dir() and path.name == "scratch") == []


def test_killed_between_graph_and_registry_a_run_is_resumed_to_the_same_end(
    tmp_path: Path, folder: Path, undisturbed: tuple[str, set[tuple[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the power went after the second commit of each run."""
    record = Registry.record
    with Store.init(tmp_path / "store") as store:
        monkeypatch.setattr(run_module, "BATCH_OBJECTS", 60)
        for _ in range(3):
            monkeypatch.setattr(Registry, "record", _power_cut(record, after=1))
            with pytest.raises(SystemExit):
                ingest(store, [folder], "one", workers=1)
        monkeypatch.setattr(Registry, "record", record)
        ingest(store, [folder], "one", workers=1)
        assert (digest(store.engine), held(store)) == undisturbed


def _power_cut(record: Callable[..., None], after: int) -> Callable[..., None]:
    left = after

    def _record(self: Registry, *arguments: object) -> None:
        nonlocal left
        if not left:
            raise SystemExit
        left -= 1
        record(self, *arguments)

    return _record


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_leaves_a_store_that_goes_on(
    tmp_path: Path, folder: Path, undisturbed: tuple[str, set[tuple[str, str]]], workers: int
) -> None:
    Store.init(tmp_path / "store").close()
    assert killed_after(tmp_path, folder, 120, signal.SIGINT, workers)
    with Store.open(tmp_path / "store") as opened:
        ingest(opened, [folder], "one", workers=1)
        assert (digest(opened.engine), held(opened)) == undisturbed


def test_a_full_disk_ends_a_run_with_an_error_and_the_store_goes_on(
    tmp_path: Path, folder: Path, undisturbed: tuple[str, set[tuple[str, str]]]
) -> None:
    resource = pytest.importorskip("resource", reason="limits of POSIX")
    Store.init(tmp_path / "store").close()
    largest = max(path.stat().st_size for path in (tmp_path / "store").rglob("*") if path.is_file())

    def _no_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 100_000, largest + 100_000))

    with running(tmp_path, folder, preexec_fn=_no_space) as process:
        _, errors = process.communicate()
    assert process.returncode not in (0, -signal.SIGXFSZ), errors
    with Store.open(tmp_path / "store") as opened:
        ingest(opened, [folder], "one", workers=1)
        assert (digest(opened.engine), held(opened)) == undisturbed


def test_a_disk_that_is_nearly_full_ends_a_run_before_it_is(tmp_path: Path, folder: Path) -> None:
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", mounted], capture_output=True).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        with Store.init(mounted / "store") as store, pytest.raises(StoreError, match="make room"):
            ingest(store, [folder], "one", workers=1)
    finally:
        subprocess.run(["umount", mounted], check=True)


def test_a_second_process_is_refused_while_an_ingest_runs(tmp_path: Path, folder: Path) -> None:
    Store.init(tmp_path / "store").close()
    with running(tmp_path, folder) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(StoreError, match=str(process.pid)):
            Store.open(tmp_path / "store")


def test_nothing_identifies_a_person_in_what_an_ingest_logs(
    tmp_path: Path, shared_data: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Store.init(tmp_path / "store") as store, pytest.warns() as warned:
        pydicom.config.logger.warning("something")
        import warnings

        warnings.warn("something", stacklevel=1)
        for workers, name in ((1, "pydicom-data"), (2, "dicom-fuzzing-corpus"), (2, "dicom2nifti")):
            ingest(store, [shared_data / name], "one", workers=workers)
        reasons = [reason for _, reason in sorted(held(store))]
    output = capfd.readouterr()
    told = "\n".join([output.out, output.err, caplog.text, *(str(each.message) for each in warned), *reasons])
    assert "something" in told
    paths = " ".join(map(str, shared_data.rglob("*")))
    values = {value for path in shared_data.rglob("*.dcm") for value in _identifying(path)}
    assert len(values) > 50
    assert [value for value in values if value in told and value not in paths] == []


def _identifying(path: Path) -> Iterator[str]:
    try:
        ds = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        found = [str(ds.get(keyword) or "") for keyword in ("PatientName", "PatientID", "PatientBirthDate")]
    except Exception:
        return
    yield from (value for value in found if len(value) > 3)
