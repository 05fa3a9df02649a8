"""Results as Arrow, pandas and Polars tables."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars
import pyarrow as pa
import pytest

from cohortgraph.client import Client
from cohortgraph.errors import UsageError
from cohortgraph.graph.store.directory import Store
from cohortgraph.queries.answers.ask import Answer

FILES = ("dcmjs/examples/data/QIICR_Test3/tumor_User1_Manual_Trial1.dcm", "dcmjs/test/sample-sr.dcm")
ITEMS = {"items": {"valueType": {"eq": "NUM"}}}


@pytest.fixture(scope="module")
def client(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    store = Store.init(tmp_path_factory.mktemp("frames") / "store")
    with Client(store) as opened:
        opened.ingest([shared_data / each for each in FILES], "real", workers=1)
        yield opened


@pytest.mark.parametrize(
    "document", [ITEMS, {"segments": {}}, {"studies": {}}, {"patients": {"patientID": {"eq": "none"}}}]
)
def test_an_answer_is_the_table_that_is_streamed(client: Client, document: dict) -> None:
    assert client.query(document).to_arrow().equals(client.stream(document).read_all())


def test_dates_and_numbers_keep_their_types(client: Client) -> None:
    table = client.query({"studies": {}}).to_arrow()
    assert table.schema.field("studyDate").type == pa.date32()
    assert all(isinstance(each, date) for each in table["studyDate"].to_pylist() if each is not None)


def test_evidence_is_a_column_of_json(client: Client) -> None:
    found = client.query(ITEMS, evidence=True, limit=2)
    told = found.to_arrow()["evidence"].to_pylist()
    assert [json.loads(each) for each in told] == [hit["evidence"] for hit in found.hits]


def test_pandas_and_polars_have_the_same_rows(client: Client) -> None:
    answer = client.query(ITEMS)
    ids = [hit["id"] for hit in answer.hits]
    assert answer.to_pandas()["id"].tolist() == ids
    frame = answer.to_polars()
    assert isinstance(frame, polars.DataFrame)
    assert frame["id"].to_list() == ids
    assert frame["numericValue"].dtype == polars.Float64


def test_a_facet_has_a_row_for_each_value_and_interval_and_one_for_none(client: Client) -> None:
    values = client.facets({"series": {}}, "modality")
    rows = values.to_arrow().to_pylist()
    assert [(row["value"], row["matched"]) for row in rows[:-1]] == [(v.value, v.matched) for v in values.values]
    assert (rows[-1]["value"], rows[-1]["matched"]) == (None, values.missing)
    numbers = client.facets(ITEMS, "numericValue").to_polars()
    assert numbers["low"].drop_nulls().len() > 0


def test_an_overlap_has_a_row_for_each_combination(client: Client) -> None:
    found = client.overlap({"a": {"patients": {}}, "b": {"patients": {"segments": {"some": {}}}}})
    frame = found.to_pandas()
    assert frame["exactly"].sum() == found.total
    assert [tuple(each) for each in frame["questions"]] == [each.questions for each in found.combinations]


def test_rows_of_cypher_are_the_table(client: Client) -> None:
    found = client.cypher("MATCH (s:Series) RETURN s.modality AS modality, count(*) AS n ORDER BY modality")
    assert found.to_arrow() is found.table
    assert found.to_polars().columns == found.to_pandas().columns.tolist() == ["modality", "n"]


def test_a_library_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match="pip install polars"):
        Answer("patients", 0).to_polars()
