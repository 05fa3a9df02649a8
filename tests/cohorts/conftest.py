"""Small graphs with a shelf of cohorts beside them."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cohortgraph.cohorts.shelf import Shelf
from cohortgraph.graph.engine import Engine
from cohortgraph.graph.engines.ladybug import LadybugEngine
from cohortgraph.graph.facts import InstanceFacts
from cohortgraph.graph.writing.writer import Writer
from cohortgraph.registry import open_database

from ..generated import terms as t
from ..generated.builder import Segment, build
from ..generated.loading import Headers
from ..graph.objects import wipe

VENTRICLES = {"patients": {"segments": {"some": {"type": {"is": t.LEFT_VENTRICLE.code}}}}}
"""Of the heart: patients A and B."""


@pytest.fixture(scope="session")
def _engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LadybugEngine]:
    engine = LadybugEngine(tmp_path_factory.mktemp("cohorts") / "graph", buffer_pool_bytes=256 << 20)
    engine.ensure_schema()
    yield engine
    engine.close()


@pytest.fixture
def ladybug(_engine: LadybugEngine) -> Iterator[LadybugEngine]:
    """An empty embedded graph, made once and emptied after each test."""
    yield _engine
    wipe(_engine)


@pytest.fixture(scope="session")
def _registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cohorts") / "registry.sqlite"
    open_database(path).dispose()
    return path


@pytest.fixture
def shelf(ladybug: Engine, _registry: Path, tmp_path: Path) -> Iterator[Shelf]:
    """The cohorts of an empty graph."""
    opened = Shelf(ladybug, Path(shutil.copy(_registry, tmp_path)))
    yield opened
    opened.close()


@pytest.fixture
def writer(ladybug: Engine) -> Writer:
    """What fills that graph."""
    return Writer(ladybug, Headers(), pickle.loads)


@pytest.fixture
def heart(writer: Writer) -> Writer:
    """Three patients: A and B have a segmented left ventricle, C only an image."""
    writer.commit(new=heart_objects())
    return writer


def heart_objects() -> list[InstanceFacts]:
    """The objects of A, B and C."""
    return [
        build("1.1.1.1", patient="A"),
        build("1.1.2.1", patient="A", kind="segmentation", segments=ventricle()),
        build("1.2.1.1", patient="A"),
        build("2.1.1.1", patient="B", kind="segmentation", segments=ventricle()),
        build("2.1.1.2", patient="B"),
        build("3.1.1.1", patient="C"),
    ]


def ventricle() -> list[Segment]:
    """A left ventricle, and beside it the left atrium."""
    return [Segment(t.LEFT_VENTRICLE, 60.0), Segment(t.LEFT_ATRIUM, 30.0)]


def listed(shelf: Shelf, ref: str, level: str) -> list[str]:
    """The ids of a snapshot at a level, read in pages of two."""
    found: list[str] = []
    page = shelf.entries(ref, level, limit=2)
    while True:
        found += [each["id"] for each in page.entries]
        if page.next is None:
            return found
        page = shelf.entries(ref, level, limit=2, after=page.next)
