"""Kept headers are content-addressed and durable."""

import subprocess
import sys
from pathlib import Path

import pytest

from cohortgraph.errors import StoreError
from cohortgraph.graph.store.headers import HeaderStore

CRASHING = """
import os, signal, sys
from pathlib import Path
from cohortgraph.graph.store.headers import HeaderStore
headers = HeaderStore(Path(sys.argv[1]))
headers.put({"a": b"1", "b": b"2"})
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def headers(tmp_path: Path) -> HeaderStore:
    return HeaderStore(tmp_path / "headers" / "headers.sqlite")


def test_what_was_put_is_given_back(headers: HeaderStore) -> None:
    headers.put({"a": b"\x00\x01", "b": b""})
    headers.put({"a": b"\x00\x01"})
    assert headers.digests() == {"a", "b"}
    assert (headers.get("a"), headers.get("b")) == (b"\x00\x01", b"")


def test_a_header_that_is_not_there_names_the_next_step(headers: HeaderStore) -> None:
    with pytest.raises(StoreError, match="cohortgraph check"):
        headers.get("a")


def test_discarding_what_is_not_there_is_no_error(headers: HeaderStore) -> None:
    headers.put({"a": b"1", "b": b"2"})
    headers.discard(["a", "absent"])
    assert headers.digests() == {"b"}


def test_what_was_put_survives_a_kill(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", CRASHING, str(tmp_path / "headers.sqlite")], check=False)
    assert HeaderStore(tmp_path / "headers.sqlite").digests() == {"a", "b"}


def test_a_file_that_is_no_database_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "headers.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match=r"headers\.sqlite"):
        HeaderStore(tmp_path / "headers.sqlite")
