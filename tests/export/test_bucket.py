"""Exports into an object store, over the S3 protocol of a real server: the same files, kills, refusals."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.store import S3Store

from cohortgraph.client import Client
from cohortgraph.errors import ReadError, StoreError, UsageError
from cohortgraph.export.address import place_of
from cohortgraph.export.bucket import Bucket, _plans
from cohortgraph.export.copied import Held, copied
from cohortgraph.export.drive import drive
from cohortgraph.export.fetching import buckets, tries
from cohortgraph.export.lay import lay
from cohortgraph.export.plan.options import Form, Options
from cohortgraph.export.verify import verify
from cohortgraph.export.work import work
from cohortgraph.export.writers.objects import Objects
from cohortgraph.graph.store.directory import Store

from .forwarding import Forwarding, forwarding
from .planned import cohort, contents

SERIES = 24
BUCKET = "exports"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    """An empty bucket of that server, as the environment names it."""
    import boto3

    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "me",
        "AWS_SECRET_ACCESS_KEY": "hush",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    buckets._store.cache_clear()
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket=BUCKET)
    made = S3Store(BUCKET)
    yield made
    obstore.delete(made, [each["path"] for some in obstore.list(made) for each in some])


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(Store.init(tmp_path / "store")) as opened:
        yield cohort(opened, tmp_path / "data", SERIES)


def names(bucket: S3Store, prefix: str) -> list[str]:
    return [each["path"] for some in obstore.list(bucket, prefix) for each in some]


def held(bucket: S3Store, prefix: str) -> dict[str, str]:
    """As :func:`~.planned.contents`, of what a bucket holds below a prefix."""
    found = {}
    for some in obstore.list(bucket, prefix):
        for each in some:
            data = bytes(obstore.get(bucket, each["path"]).bytes())
            name = each["path"].removeprefix(f"{prefix}/")
            if name == "manifest.json":
                told = json.loads(data)
                del told["created"]
                data = json.dumps(told, sort_keys=True).encode()
            found[name] = hashlib.sha256(data).hexdigest()
    return found


@pytest.mark.parametrize("form", ["parquet", "manifest"])
def test_it_holds_the_files_that_a_folder_holds(client: Client, bucket: S3Store, tmp_path: Path, form: str) -> None:
    told = client.export_cohort("all", f"s3://{BUCKET}/a b/{form}", form, workers=1)  # type: ignore[arg-type]
    assert client.export_cohort("all", tmp_path / "out", form, workers=1) == told  # type: ignore[arg-type]
    assert held(bucket, f"a b/{form}") == contents(tmp_path / "out")
    assert client.export_cohort("all", f"s3://{BUCKET}/a b/{form}", form) == told  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def hearts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The demo's patients, fewer: images, segmentations and ECGs."""
    folder = tmp_path_factory.mktemp("hearts")
    command = [sys.executable, "-m", "demo", str(folder / "data"), "--patients", "4"]
    subprocess.run(command, cwd=Path(__file__).parents[2], check=True, capture_output=True)
    with Client(Store.init(folder / "store")) as made:
        made.ingest([folder / "data"], "demo", workers=1)
        made.create_cohort("all", {"patients": {}})
        made.freeze_cohort("all")
        yield made


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("nifti", {"segments": "left ventricle, right ventricle"}),
        ("nnunet", {"segments": "left ventricle, right ventricle", "split": "train=0.5,test=0.5"}),
        ("monai", {"segments": "left ventricle", "sample": "pair", "picks": ["ECG: nearest CT, 365 d"]}),
        ("arrays", {}),
    ],
)
def test_it_holds_the_training_files_that_a_folder_holds(
    hearts: Client, bucket: S3Store, tmp_path: Path, form: Form, options: dict[str, Any]
) -> None:
    told = hearts.export_cohort("all", f"s3://{BUCKET}/{form}", form, workers=1, **options)
    assert hearts.export_cohort("all", tmp_path / "out", form, workers=1, **options) == told
    assert held(bucket, form) == contents(tmp_path / "out")
    assert len(contents(tmp_path / "out")) > 4


def test_objects_lie_there_as_they_are_without_a_dicomdir(client: Client, bucket: S3Store, tmp_path: Path) -> None:
    told = client.export_cohort("all", f"s3://{BUCKET}/tree", workers=1)
    assert [each for each in told.warnings if "DICOMDIR" in each] == list(told.warnings)
    client.export_cohort("all", tmp_path / "out", workers=1)
    objects = {name: each for name, each in contents(tmp_path / "out").items() if name.endswith(".dcm")}
    assert {name: each for name, each in held(bucket, "tree").items() if name.endswith(".dcm")} == objects
    found = verify(place_of(f"s3://{BUCKET}/tree"))
    assert (found.sound, found.files, found.extra) == (True, told.files, ())


def test_what_is_altered_or_gone_is_named_and_mended(client: Client, bucket: S3Store) -> None:
    address = f"s3://{BUCKET}/tree"
    client.export_cohort("all", address, workers=1)
    before = held(bucket, "tree")
    first, second, *_ = (name for name in sorted(before) if name.endswith(".dcm"))
    obstore.put(bucket, f"tree/{first}", b"altered")
    obstore.delete(bucket, f"tree/{second}")
    found = verify(place_of(address))
    assert (found.altered, found.missing) == ((first,), (second,))
    client.export_cohort("all", address, workers=1)
    assert held(bucket, "tree") == before


def test_a_prefix_with_something_else_is_left_alone(client: Client, bucket: S3Store) -> None:
    obstore.put(bucket, "mine/thesis.txt", b"precious")
    with pytest.raises(UsageError, match="not empty and no export"):
        client.export_cohort("all", f"s3://{BUCKET}/mine", workers=1)
    client.export_cohort("all", f"s3://{BUCKET}/other", workers=1)
    with pytest.raises(UsageError, match="holds another export"):
        client.export_cohort("all", f"s3://{BUCKET}/other", "manifest", workers=1)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://example.org/out", "expected a folder"),
        ("s3://exports", "such as s3://bucket/prefix"),
        ("s3://me@exports/out", "credentials in the environment"),
        ("s3://exports/out#1", "such as s3://bucket/prefix"),
        ("s3://exports/a//b", "such as s3://bucket/prefix"),
        ("s3://exports/../b", "such as s3://bucket/prefix"),
        ("file://elsewhere/out", "no folder of this machine"),
    ],
)
def test_an_address_that_is_no_place_is_refused(client: Client, address: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        client.export_cohort("all", address)


def test_a_store_that_is_not_there_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "_sleep", lambda _: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    buckets._store.cache_clear()
    with pytest.raises(StoreError, match="s3://exports/out can't be read: the store can't be asked"):
        client.export_cohort("all", f"s3://{BUCKET}/out")


def test_a_bucket_that_does_not_exist_is_named(client: Client) -> None:
    with pytest.raises(StoreError, match="s3://nowhere/out can't be read: the store answers 404 Not Found"):
        client.export_cohort("all", "s3://nowhere/out")


def test_killed_it_goes_on_with_the_same_command(client: Client, bucket: S3Store, tmp_path: Path) -> None:
    client.export_cohort("all", f"s3://{BUCKET}/undisturbed", workers=1)
    client.close()
    command = [sys.executable, "-m", "cohortgraph", "export", "all", "--workers", "1", "--store", tmp_path / "store"]
    address = f"s3://{BUCKET}/out"
    for records in (1, 6, 12):
        with subprocess.Popen([*command, "--out", address], stderr=subprocess.DEVNULL) as process:
            while sum("/made/" in name for name in names(bucket, "out")) < records:
                assert process.poll() is None
            process.send_signal(signal.SIGKILL)
        assert "out/manifest.json" not in names(bucket, "out")
    subprocess.run([*command, "--out", address], check=True, capture_output=True)
    assert held(bucket, "out") == held(bucket, "undisturbed")
    assert subprocess.run([*command[:4], "verify", address], capture_output=True).returncode == 0


def test_killed_workers_write_there_and_it_is_fetched(client: Client, bucket: S3Store, tmp_path: Path) -> None:
    job = client.start_export("all", "dicom", folder=f"s3://{BUCKET}/job")
    command = [sys.executable, "-m", "cohortgraph", "worker", "--concurrency", "2", "--store", tmp_path / "store"]
    for records in (1, 8):
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            while sum("/made/" in name for name in names(bucket, "job")) < records:
                assert process.poll() is None
            process.send_signal(signal.SIGKILL)
        assert "job/manifest.json" not in names(bucket, "job")
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        done = list(client.follow_export(job.id))[-1]
        process.terminate()
    assert (done.state, done.error, done.out) == ("done", None, f"s3://{BUCKET}/job")
    client.export_cohort("all", f"s3://{BUCKET}/foreground", workers=1)
    assert held(bucket, "job") == held(bucket, "foreground")
    client.fetch_export(job.id, tmp_path / "fetched")
    assert held(bucket, "job").items() <= contents(tmp_path / "fetched").items()


def test_a_file_url_is_a_folder(client: Client, tmp_path: Path) -> None:
    told = client.export_cohort("all", (tmp_path / "by url").as_uri(), "parquet", workers=1)
    assert client.export_cohort("all", tmp_path / "by path", "parquet", workers=1) == told
    assert contents(tmp_path / "by url") == contents(tmp_path / "by path")


@pytest.fixture
def stranger(endpoint: str) -> Iterator[None]:
    """The server asks for credentials, and knows none."""

    def asks_after(requests: bytes) -> None:
        url, kind = f"{endpoint}/moto-api/reset-auth", {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(url, requests, kind, method="POST")).read()

    asks_after(b"0")
    yield
    asks_after(b"inf")


@pytest.mark.usefixtures("stranger")
def test_credentials_that_are_not_accepted_are_told_with_the_stores_reason(client: Client) -> None:
    with pytest.raises(StoreError, match=r"refuses it to the credentials in the environment \(InvalidAccessKeyId\)"):
        client.export_cohort("all", f"s3://{BUCKET}/out", workers=1)


@pytest.fixture
def busy(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forwarding]:
    """A server before that one, of which failures can be had."""
    monkeypatch.setattr(tries, "_sleep", lambda _: None)
    with forwarding(endpoint) as told:
        monkeypatch.setenv("AWS_ENDPOINT_URL", told.url)
        buckets._store.cache_clear()
        yield told


def test_a_bucket_of_another_region_is_told(client: Client, busy: Forwarding) -> None:
    busy.failures["GET /exports/out/manifest.json"] = 301
    with pytest.raises(StoreError, match=r"another region than the environment says, such as in AWS_REGION"):
        client.export_cohort("all", f"s3://{BUCKET}/out", workers=1)


def test_of_a_large_file_only_the_part_that_failed_is_sent_again(
    bucket: S3Store, busy: Forwarding, tmp_path: Path
) -> None:
    data = os.urandom(20 << 20)
    (tmp_path / "large").write_bytes(data)
    busy.failures["partNumber=2"] = 503
    buckets.upload(tmp_path / "large", f"s3://{BUCKET}/large")
    assert bytes(obstore.get(bucket, "large").bytes()) == data
    sent = [sum(f"partNumber={number}&" in each for each in busy.requests) for number in (1, 2, 3)]
    assert sent == [1, 2, 1]


def test_an_answer_that_ends_early_is_one_to_try_again() -> None:
    with pytest.raises(tries.Later, match="ends early"), buckets._asking():
        raise tries.Later("the answer ends early")


def test_a_key_that_can_be_none_is_told() -> None:
    with pytest.raises(ReadError, match="no key of an object"):
        buckets.read(f"s3://{BUCKET}/a//b")


def test_a_listing_that_is_cut_goes_on_where_it_stopped(
    bucket: S3Store, busy: Forwarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")  # keys in an answer of that server
    wanted = [f"{number:03}" for number in range(134)]
    for name in wanted:
        obstore.put(bucket, f"many/{name}", b"x")
    busy.failures |= {"prefix=many": 503, "continuation-token": 503}
    assert [name for name, _ in buckets.names(f"s3://{BUCKET}/many/")] == wanted
    assert not busy.failures


def test_what_a_kill_leaves_beside_a_complete_export_goes(
    client: Client, bucket: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"s3://{BUCKET}/out"
    with monkeypatch.context() as killed:
        killed.setattr(Bucket, "tidy", lambda _: None)
        told = client.export_cohort("all", address, "parquet", workers=1)
    assert any(".cohortgraph/" in name for name in names(bucket, "out"))
    assert client.export_cohort("all", address, "parquet", workers=1) == told
    assert not any(".cohortgraph/" in name for name in names(bucket, "out"))
    assert verify(place_of(address)).extra == ()


def test_a_late_worker_leaves_nothing_beside_a_complete_export(
    client: Client, bucket: S3Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"s3://{BUCKET}/out"
    place = place_of(address)
    assert lay(client._store, client._cohorts, "all", Options("dicom"), place)
    real = Objects.sample

    def slow(self: Objects, *given: Any) -> Any:
        monkeypatch.setattr(Objects, "sample", real)
        client.export_cohort("all", address, workers=1)
        return real(self, *given)

    monkeypatch.setattr(Objects, "sample", slow)
    assert work(address, 3).stops
    assert verify(place).extra == ()


def test_a_process_keeps_few_copies_of_plans(client: Client, tmp_path: Path) -> None:
    places = [place_of(f"s3://{BUCKET}/{number}") for number in range(10)]
    for place in places:
        assert lay(client._store, client._cohorts, "all", Options("dicom"), place)
    for place in (*places, places[0], places[9]):
        with place.opened() as plan:
            assert len(plan) == SERIES
    assert len(list(_plans()._scratch.path.iterdir())) == 8


def test_killed_as_it_begins_to_mend_it_mends_all_the_same(
    client: Client, bucket: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"s3://{BUCKET}/out"
    client.export_cohort("all", address, workers=1)
    before = held(bucket, "out")
    first = next(name for name in sorted(before) if name.endswith(".dcm"))
    obstore.delete(bucket, f"out/{first}")
    removes = Bucket._remove

    def killed(self: Bucket, paths: Iterable[str]) -> None:
        if (some := list(paths)) == ["manifest.json"]:
            raise KeyboardInterrupt
        removes(self, some)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Bucket, "_remove", killed)
        client.export_cohort("all", address, workers=1)
    assert {"out/manifest.json", "out/.cohortgraph/plan.sqlite"} <= set(names(bucket, "out"))
    client.export_cohort("all", address, workers=1)
    assert held(bucket, "out") == before


def test_a_manifest_that_names_a_file_outside_brings_none(client: Client, bucket: S3Store, tmp_path: Path) -> None:
    job = client.start_export("all", "manifest", folder=f"s3://{BUCKET}/job")
    drive(place_of(job.out), workers=1)
    told = json.loads(bytes(obstore.get(bucket, "job/manifest.json").bytes()))
    stolen = b"stolen"
    told["files"][0] = {"path": "../stolen.txt", "digest": hashlib.sha256(stolen).hexdigest(), "size": 6, "sample": ""}
    obstore.put(bucket, "job/manifest.json", json.dumps(told).encode())
    obstore.put(bucket, "stolen.txt", stolen)
    with pytest.raises(UsageError, match="no path in the export"):
        copied(Held(place_of(job.out)), replace(job, state="done"), tmp_path / "inner" / "fetched")
    assert not list(tmp_path.rglob("stolen.txt"))


def test_files_are_fetched_into_a_folder_only(client: Client) -> None:
    job = client.start_export("all", "manifest", folder=f"s3://{BUCKET}/job")
    with pytest.raises(UsageError, match="into a folder of this machine"):
        client.fetch_export(job.id, f"s3://{BUCKET}/other")
