"""Written questions over real files, through ingest; the answers were read off the files by other programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import ingest
from cohortgraph.queries import ask

from ..corpus.questions import Question, questions

FILES = (
    "cardio-ai",
    "dcmqi/data/sr-example",
    "highdicom/data/test_files/sr_document.dcm",
    "highdicom/data/test_files/sr_document_with_multiple_groups.dcm",
)


@pytest.fixture(scope="module")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.init(tmp_path_factory.mktemp("real") / "store") as store:
        ingest(store, [shared_data / name for name in FILES], "real", workers=1)
        yield store


@pytest.mark.parametrize("question", questions("real.yaml"), ids=lambda question: question.title)
def test_real_files_answer(real: Store, question: Question) -> None:
    answer = ask(real.engine, question.document, level=question.level)
    if question.expect is not None:
        assert [hit["id"] for hit in answer.hits] == question.expect
    if question.total is not None:
        assert answer.total == question.total
