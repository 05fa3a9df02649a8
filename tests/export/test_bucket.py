"""Exports into an object store, over the S3 protocol of a real server: the same files, kills, refusals."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
from obstore.store import S3Store

from cohortgraph.client import Client
from cohortgraph.errors import StoreError, UsageError
from cohortgraph.export.address import place_of
from cohortgraph.export.fetching import buckets
from cohortgraph.export.verify import verify
from cohortgraph.graph.store.directory import Store

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
    ],
)
def test_an_address_that_is_no_place_is_refused(client: Client, address: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        client.export_cohort("all", address)


def test_a_store_that_is_not_there_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from cohortgraph.export.fetching import tries

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


def test_workers_write_there_and_it_is_fetched(client: Client, bucket: S3Store, tmp_path: Path) -> None:
    job = client.start_export("all", "dicom", folder=f"s3://{BUCKET}/job")
    command = [sys.executable, "-m", "cohortgraph", "worker", "--concurrency", "2", "--store", tmp_path / "store"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=dict(os.environ)) as process:
        done = list(client.follow_export(job.id))[-1]
        process.terminate()
    assert (done.state, done.error, done.out) == ("done", None, f"s3://{BUCKET}/job")
    client.export_cohort("all", f"s3://{BUCKET}/foreground", workers=1)
    assert held(bucket, "job") == held(bucket, "foreground")
    client.fetch_export(job.id, tmp_path / "fetched")
    assert held(bucket, "job").items() <= contents(tmp_path / "fetched").items()
