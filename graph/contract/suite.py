"""What every engine must do, as tests: subclass ``EngineContract`` with a fixture ``engine`` that gives an empty one.

::

    class TestMyEngine(EngineContract):
        @pytest.fixture
        def engine(self, tmp_path):
            engine = MyEngine(tmp_path)
            engine.ensure_schema()
            yield engine
            engine.close()
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest

from ...errors import StoreError, UsageError, WorkFailed
from .. import arrow, schema
from ..engine import Batch, EdgeKey, Engine, KeyTaken, Row, rows
from .dialect import DialectContract

ITEM: EdgeKey = ("HAS_ITEM", "Instance", "ContentItem")
CHILD: EdgeKey = ("HAS_CHILD", "ContentItem", "ContentItem")
NAME: EdgeKey = ("NAME", "ContentItem", "Concept")
SITE: EdgeKey = ("SITE", "ContentItem", "Concept")
SHOWS: EdgeKey = ("SHOWS", "Instance", "Concept")
REFERENCES: EdgeKey = ("REFERENCES", "Instance", "Instance")

VALUES: dict[schema.Type, list[Any]] = {
    schema.Type.STRING: ["Ventrículo “izquierdo” 心臓 🫀", 'it\'s a "quote" \\ $x `y` {z}\n\t', ""],
    schema.Type.INT64: [0, -1, 2**62],
    schema.Type.DOUBLE: [2.0, -0.1, 1e300],
    schema.Type.BOOLEAN: [True, False, True],
    schema.Type.DATE: [date(1899, 12, 31), date(2026, 2, 28), date(1970, 1, 1)],
    schema.Type.STRINGS: [["ORIGINAL", "PRIMARY"], [], ["ü"]],
    schema.Type.INT64S: [[1, 2**40], [], [0]],
    schema.Type.DOUBLES: [[1.0, 0.5], [], [-1e-9]],
}
"""Values of every type that come back as they went in; the second list of each type is empty."""


def report(uid: str, ordinal: int, items: int = 3) -> Batch:
    """A report with a chain of items, each named by the one Concept ``DCM:1``, which is not part of the batch."""
    keys = [schema.child_key(ordinal, position) for position in range(items)]
    return Batch(
        create_nodes={
            "Instance": [{"id": uid, "ordinal": ordinal, "kind": "report"}],
            "ContentItem": [
                {"key": key, "position": position, "numericValue": 1.5} for position, key in enumerate(keys)
            ],
        },
        create_edges={
            ITEM: [{"source": uid, "target": key} for key in keys],
            CHILD: [{"source": a, "target": b, "relationshipType": "CONTAINS"} for a, b in pairwise(keys)],
            NAME: [{"source": key, "target": "DCM:1", "codeMeaning": "name"} for key in keys],
            SHOWS: [{"source": uid, "target": "DCM:1"}],
        },
    )


def concept(identifier: str = "DCM:1") -> Batch:
    """A Concept alone."""
    return Batch(create_nodes={"Concept": [{"id": identifier}]})


def content(engine: Engine) -> dict[str, list[Row]]:
    """All nodes and edges but the counters, by label and by type."""
    found: dict[str, list[Row]] = {}
    for node in schema.NODES:
        if node.label != "Meta":
            found[node.label] = rows(
                engine.read(f"MATCH (n:{node.label}) RETURN n ORDER BY n.{node.key.name} LIMIT 10000")
            )
    for edge, source, target in schema.edge_tables():
        a, b = schema.node(source).key.name, schema.node(target).key.name
        statement = (
            f"MATCH (a:{source})-[e:{edge.type}]->(b:{target}) "
            f"RETURN a.{a} AS source, b.{b} AS target, e ORDER BY source, target LIMIT 10000"
        )
        found[f"{source}-{edge.type}-{target}"] = rows(engine.read(statement))
    return {name: those for name, those in found.items() if those}


def count(engine: Engine, pattern: str) -> int:
    """How many matches a pattern has."""
    return int(arrow.first(engine.read(f"MATCH {pattern} RETURN count(*) AS n")))


class EngineContract(DialectContract):
    """The tests; every one starts from an empty engine.

    ``reads_are_snapshots`` is False for an engine whose reads may see part of a batch that is committed meanwhile.
    """

    reads_are_snapshots = True

    # The schema

    def test_ensuring_the_schema_again_changes_nothing(self, engine: Engine) -> None:
        engine.write(concept())
        before, version = content(engine), engine.version()
        engine.ensure_schema()
        assert (content(engine), engine.version()) == (before, version)

    def test_a_store_of_a_newer_schema_is_refused(self, engine: Engine) -> None:
        newer = schema.SCHEMA_VERSION + 1
        engine.write(Batch(set_nodes={"Meta": [{"id": "store", "schemaVersion": newer}]}))
        with pytest.raises(StoreError, match=f"schema version {newer}"):
            engine.ensure_schema()

    def test_every_property_of_every_node_comes_back(self, engine: Engine) -> None:
        nodes = [node for node in schema.NODES if node.label != "Meta"]
        written = {
            node.label: [
                {node.key.name: _key(node.label, i)} | {p.name: VALUES[p.type][i] for p in node.properties}
                for i in range(3)
            ]
            for node in nodes
        }
        engine.write(Batch(create_nodes=written))
        for node in nodes:
            found = engine.read(f"MATCH (n:{node.label}) RETURN n ORDER BY n.{node.key.name} LIMIT 10")
            assert [row["n"] for row in rows(found)] == written[node.label]
            assert found.schema.field("n").type.equals(pa.struct(list(arrow.node_schema(node.label))))

    def test_every_property_of_every_edge_comes_back(self, engine: Engine) -> None:
        edges = list(schema.edge_tables())
        labels = {label for _, *ends in edges for label in ends}
        written = {
            edge.type: [{p.name: VALUES[p.type][i] for p in edge.properties} for i in range(3)] for edge, *_ in edges
        }
        engine.write(
            Batch(
                create_nodes={
                    label: [{schema.node(label).key.name: _key(label, i)} for i in range(2)] for label in labels
                },
                create_edges={
                    (edge.type, source, target): [
                        {"source": _key(source, 0), "target": _key(target, 1)} | properties
                        for properties in written[edge.type]
                    ]
                    for edge, source, target in edges
                },
            )
        )
        for edge, source, target in edges:
            found = rows(engine.read(f"MATCH (:{source})-[e:{edge.type}]->(:{target}) RETURN e"))
            assert sorted((row["e"] for row in found), key=repr) == sorted(written[edge.type], key=repr)

    # Values

    def test_rows_of_one_batch_may_lack_different_properties(self, engine: Engine) -> None:
        engine.write(
            Batch(
                create_nodes={
                    "Instance": [
                        {"id": "1"},
                        {"id": "2", "warnings": None, "rows": None, "contentDate": None},
                        {"id": "3", "warnings": [], "rows": 512},
                        {"id": "4", "warnings": ["odd"], "contentDate": date(2026, 1, 2)},
                    ]
                }
            )
        )
        found = engine.read("MATCH (i:Instance) RETURN i.id, i.warnings, i.rows, i.contentDate ORDER BY i.id LIMIT 9")
        assert [tuple(row.values()) for row in rows(found)] == [
            ("1", None, None, None),
            ("2", None, None, None),
            ("3", [], 512, None),
            ("4", ["odd"], None, date(2026, 1, 2)),
        ]

    def test_whole_numbers_of_a_number_are_numbers(self, engine: Engine) -> None:
        engine.write(Batch(create_nodes={"Instance": [{"id": "1", "sliceThickness": 2, "pixelSpacing": [1, 0.5]}]}))
        found = engine.read("MATCH (i:Instance) RETURN i.sliceThickness AS t, i.pixelSpacing AS s")
        assert found.schema.types == [pa.float64(), pa.list_(pa.float64())]
        assert rows(found) == [{"t": 2.0, "s": [1.0, 0.5]}]

    def test_what_is_counted_and_summed_is_an_integer(self, engine: Engine) -> None:
        engine.write(Batch(create_nodes={"Instance": [{"id": str(i), "rows": i} for i in range(3)]}))
        found = engine.read("MATCH (i:Instance) RETURN count(*) AS n, sum(i.rows) AS total, size(collect(i.id)) AS ids")
        assert found.schema.types == [pa.int64()] * 3
        assert rows(found) == [{"n": 3, "total": 3, "ids": 3}]

    def test_nodes_also_come_within_lists(self, engine: Engine) -> None:
        engine.write(concept())
        found = rows(engine.read("MATCH (c:Concept) RETURN collect(c) AS concepts"))
        expected = {p.name: None for p in schema.node("Concept").columns} | {"id": "DCM:1"}
        assert found == [{"concepts": [expected]}]

    @pytest.mark.parametrize(
        "row", [{"id": "1", "notInTheSchema": 1}, {"id": "1", "rows": "many"}, {"id": "1", "warnings": "one"}]
    )
    def test_a_row_that_does_not_fit_the_schema_is_refused(self, engine: Engine, row: Row) -> None:
        with pytest.raises(StoreError, match="Instance"):
            engine.write(Batch(create_nodes={"Instance": [row]}))
        assert content(engine) == {}

    # Writing

    def test_a_version_for_each_batch_that_changes_anything(self, engine: Engine) -> None:
        assert engine.version() == 0
        assert engine.write(Batch()) == 0
        assert engine.write(concept()) == 1
        assert engine.write(Batch(drop_nodes={"Concept": ["DCM:1"]})) == 2
        assert engine.bulk_load({}, {}) == engine.version() == 2

    def test_a_batch_that_fails_leaves_nothing_and_can_be_repeated(self, engine: Engine) -> None:
        engine.write(concept())
        before = content(engine)
        failing = report("1", 0)
        failing.create_edges[SITE] = [{"source": schema.child_key(0, 0), "target": "DCM:absent"}]
        failing.drop_nodes = {"Concept": ["DCM:1"]}
        failing.create_nodes["Concept"] = [{"id": "DCM:1"}]
        with pytest.raises(StoreError, match="does not exist"):
            engine.write(failing)
        assert (content(engine), engine.version()) == (before, 1)
        engine.write(report("1", 0))
        assert count(engine, "(:Instance)-[:HAS_ITEM]->(:ContentItem)") == 3

    def test_a_node_that_exists_is_not_created_again(self, engine: Engine) -> None:
        engine.write(concept())
        with pytest.raises(KeyTaken):
            engine.write(Batch(create_nodes={"Concept": [{"id": "DCM:2"}, {"id": "DCM:1"}]}))
        with pytest.raises(KeyTaken):
            engine.write(Batch(create_nodes={"Concept": [{"id": "DCM:3"}, {"id": "DCM:3"}]}))
        assert (count(engine, "(:Concept)"), engine.version()) == (1, 1)

    def test_dropping_an_instance_takes_its_children_and_own_edges_only(self, engine: Engine) -> None:
        engine.write(concept())
        engine.write(report("1", 0))
        other = content(engine)
        engine.write(report("2", 1))
        engine.write(Batch(create_edges={REFERENCES: [{"source": "1", "target": "2"}, {"source": "2", "target": "1"}]}))
        engine.write(Batch(drop_instances=["2"]))
        assert rows(engine.read("MATCH (a:Instance)-[:REFERENCES]->(b:Instance) RETURN a.id AS a, b.id AS b")) == [
            {"a": "1", "b": "2"}
        ]
        engine.write(Batch(drop_nodes={"Instance": ["2"]}))
        assert content(engine) == other

    def test_an_instance_is_replaced_in_one_batch(self, engine: Engine) -> None:
        engine.write(concept())
        engine.write(report("1", 0, items=3))
        again = report("1", 0, items=2)
        again.drop_instances = ["1"]
        again.set_nodes = {"Instance": again.create_nodes.pop("Instance")}
        engine.write(again)
        assert count(engine, "(:ContentItem)") == 2
        assert count(engine, "(:Instance)-[:SHOWS]->(:Concept)") == 1

    def test_dropping_an_edge_takes_the_parallel_ones_of_its_type(self, engine: Engine) -> None:
        engine.write(concept())
        engine.write(report("1", 0))
        key = schema.child_key(0, 0)
        twice = [{"source": key, "target": "DCM:1", "own": own} for own in (True, False)]
        engine.write(Batch(create_edges={SITE: twice}))
        engine.write(
            Batch(drop_edges={SITE: [{"source": key, "target": "DCM:1"}, {"source": key, "target": "absent"}]})
        )
        assert count(engine, "(:ContentItem)-[:SITE]->(:Concept)") == 0
        assert count(engine, "(:ContentItem)-[:NAME]->(:Concept)") == 3

    def test_dropping_a_node_takes_its_edges(self, engine: Engine) -> None:
        engine.write(concept())
        engine.write(report("1", 0))
        engine.write(Batch(drop_nodes={"Concept": ["DCM:1", "absent"], "ContentItem": [schema.child_key(0, 1)]}))
        assert count(engine, "()-[:NAME]->()") == count(engine, "()-[:HAS_CHILD]->()") == 0
        assert count(engine, "(:Instance)-[:HAS_ITEM]->(:ContentItem)") == 2

    def test_setting_a_node_changes_what_is_named_and_none_removes(self, engine: Engine) -> None:
        engine.write(Batch(create_nodes={"Instance": [{"id": i, "rows": 1, "columns": 1} for i in ("1", "2", "3")]}))
        engine.write(
            Batch(set_nodes={"Instance": [{"id": "1", "rows": None}, {"id": "2", "rows": 2, "columns": None}]})
        )
        found = engine.read("MATCH (i:Instance) RETURN i.rows, i.columns ORDER BY i.id LIMIT 9")
        assert [tuple(row.values()) for row in rows(found)] == [(None, 1), (2, None), (1, 1)]
        with pytest.raises(StoreError, match="does not exist"):
            engine.write(Batch(set_nodes={"Instance": [{"id": "absent", "rows": 1}]}))

    # Bulk loads

    def test_a_bulk_load_equals_a_write(self, engine: Engine) -> None:
        engine.write(concept())
        engine.write(report("1", 0))
        written = content(engine)
        engine.write(Batch(drop_instances=["1"], drop_nodes={"Instance": ["1"]}))
        assert engine.bulk_load(*_tables(report("1", 0))) == 4
        assert content(engine) == written

    def test_the_same_tables_twice_are_refused_without_harm(self, engine: Engine) -> None:
        engine.write(concept())
        nodes, edges = _tables(report("1", 0))
        engine.bulk_load(nodes, edges)
        before = content(engine)
        with pytest.raises(KeyTaken):
            engine.bulk_load(nodes, edges)
        assert content(engine) == before
        engine.write(Batch(drop_instances=["1"], drop_nodes={"Instance": ["1"]}))
        engine.bulk_load(nodes, edges)
        assert content(engine) == before

    def test_a_bulk_load_that_fails_right_after_a_write_can_be_repeated(self, engine: Engine) -> None:
        engine.write(concept())
        nodes, edges = _tables(report("1", 0, items=3000))
        with pytest.raises(StoreError, match="does not exist"):
            engine.bulk_load(nodes, edges | {SITE: pa.table({"source": [schema.child_key(9, 9)], "target": ["DCM:1"]})})
        assert list(content(engine)) == ["Concept"]
        engine.bulk_load(nodes, edges)
        assert count(engine, "(:ContentItem)") == 3000

    # Ordinals

    def test_ordinals_are_reserved_in_blocks_and_change_no_version(self, engine: Engine) -> None:
        assert [engine.reserve_ordinals(n) for n in (1, 300, 2)] == [0, 1, 301]
        assert engine.version() == 0

    def test_ordinals_reserved_by_threads_never_meet(self, engine: Engine) -> None:
        with ThreadPoolExecutor(4) as pool:
            blocks = list(pool.map(lambda _: engine.reserve_ordinals(5), range(20)))
        assert sorted(blocks) == list(range(0, 100, 5))

    # Reading

    def test_readers_go_on_while_a_writer_writes(self, engine: Engine) -> None:
        engine.write(concept())

        def look(_: int) -> tuple[int, int]:
            found = engine.read(
                "MATCH (m:Meta {id: 'store'}) OPTIONAL MATCH (c:ContentItem) RETURN m.version AS version, count(c) AS n"
            )
            return found["version"][0].as_py(), found["n"][0].as_py()

        with ThreadPoolExecutor(4) as pool:
            seen = pool.map(look, range(60))
            for ordinal in range(10):
                engine.write(report(str(ordinal), ordinal, items=7))
        found = set(seen)
        assert {items for _, items in found} <= set(range(71))
        if self.reads_are_snapshots:
            assert found <= {(1 + n, 7 * n) for n in range(11)}
        assert look(0) == (11, 70)

    def test_a_limit_leaves_the_rest(self, engine: Engine) -> None:
        found = engine.read("UNWIND range(1, 100000) AS x RETURN x", limit=3)
        assert found["x"].to_pylist() == [1, 2, 3]

    def test_a_statement_that_takes_too_long_is_stopped_and_the_engine_goes_on(self, engine: Engine) -> None:
        endless = "UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y RETURN sum(x * y % 7) AS s"
        with pytest.raises(WorkFailed, match=r"0\.2 s"):
            engine.read(endless, timeout=0.2)
        assert rows(engine.read("RETURN 1 AS one")) == [{"one": 1}]

    @pytest.mark.parametrize("statement", ["MATCH (n RETURN n", "RETURN unknown", "RETURN no_such_function(1) AS x"])
    def test_a_statement_that_makes_no_sense_is_wrong_use(self, engine: Engine, statement: str) -> None:
        with pytest.raises(UsageError):
            engine.read(statement)

    @pytest.mark.parametrize("statement", ["CREATE (:Concept {id: 'x'})", "MATCH (m:Meta) DETACH DELETE m"])
    def test_reading_never_writes(self, engine: Engine, statement: str) -> None:
        with pytest.raises(UsageError):
            engine.read(statement)
        assert count(engine, "(:Concept)") == 0
        assert count(engine, "(:Meta)") == 1

    # Plans

    def test_a_plan_tells_cross_products_and_scans(self, engine: Engine) -> None:
        engine.write(concept())
        engine.write(report("1", 0))
        plan = engine.explain("MATCH (a:Instance), (b:Concept) RETURN a.id, b.id")
        assert plan.cross_product
        assert set(plan.scans) == {"Instance", "Concept"}
        assert plan.operators
        assert plan.text

    def test_a_plan_from_a_coded_end_has_neither(self, engine: Engine) -> None:
        engine.write(concept())
        engine.write(report("1", 0))
        plan = engine.explain(
            "MATCH (c:Concept {id: $id})<-[:NAME]-(x:ContentItem)<-[:HAS_ITEM]-(i:Instance) RETURN DISTINCT i.id",
            {"id": "DCM:1"},
        )
        assert (plan.cross_product, plan.scans) == (False, ())

    def test_explaining_runs_nothing(self, engine: Engine) -> None:
        engine.explain("MATCH (a:Instance) WHERE a.rows > $rows RETURN a.id", {"rows": 1})
        assert engine.version() == 0


def _key(label: str, number: int) -> str | int:
    return number if schema.node(label).is_child else str(number)


def _tables(batch: Batch) -> tuple[dict[str, pa.Table], dict[EdgeKey, pa.Table]]:
    """What a batch creates, as Arrow tables."""
    return (
        {label: pa.Table.from_pylist(created) for label, created in batch.create_nodes.items()},
        {edge: pa.Table.from_pylist(created) for edge, created in batch.create_edges.items()},
    )
