"""A store of all real files, read once for all tests that only look at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import Report, ingest


@pytest.fixture(scope="session")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Report]]:
    """A store of all real files, read by two processes, and its report: nothing may change it."""
    with Store.init(tmp_path_factory.mktemp("real") / "store") as store:
        yield store, ingest(store, [shared_data], "real", workers=2)
