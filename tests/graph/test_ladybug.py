"""What only the embedded engine has to do."""

import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import ladybug as lb
import pytest

from cohortgraph.errors import StoreError
from cohortgraph.graph.contract.suite import concept, content, count, report
from cohortgraph.graph.engine import Batch, rows
from cohortgraph.graph.engines import ladybug as engines
from cohortgraph.graph.engines.ladybug import LadybugEngine

CRASHING = """
import os, signal, sys
from cohortgraph.graph.contract import suite as contract
from cohortgraph.graph.engines.ladybug import LadybugEngine
engine = LadybugEngine(sys.argv[1], buffer_pool_bytes=256 << 20)
engine.ensure_schema()
engine.write(contract.concept())
engine.write(contract.report("1", 0))
batch = contract.report("2", 1, items=5000)
bump = engine._bump
engine._bump = lambda: os.kill(os.getpid(), signal.SIGKILL)
engine.write(batch)
"""


def test_a_store_made_before_a_property_was_declared_gets_it(tmp_path: Path) -> None:
    database = lb.Database(str(tmp_path / "graph"), buffer_pool_size=256 << 20)
    connection = lb.Connection(database)
    connection.execute("CREATE NODE TABLE Concept (id STRING, PRIMARY KEY (id))")
    connection.execute("CREATE NODE TABLE Instance (id STRING, PRIMARY KEY (id))")
    connection.execute("CREATE NODE TABLE Segment (key INT64, PRIMARY KEY (key))")
    connection.execute("CREATE REL TABLE CODED (FROM Instance TO Concept)")
    connection.execute("CREATE (:Concept {id: 'DCM:1'})")
    connection.close()
    database.close()
    engine = LadybugEngine(tmp_path / "graph", buffer_pool_bytes=256 << 20)
    engine.ensure_schema()
    engine.write(Batch(set_nodes={"Concept": [{"id": "DCM:1", "meanings": ["old"]}]}))
    engine.write(
        Batch(
            create_nodes={"Segment": [{"key": 1, "segmentLabel": "LV"}]},
            create_edges={("CODED", "Segment", "Concept"): [{"source": 1, "target": "DCM:1", "path": "A[0]"}]},
        )
    )
    assert count(engine, "(:Segment)-[:CODED]->(:Concept)") == 1
    engine.close()


def test_a_process_killed_within_a_transaction_leaves_the_last_batch_whole(
    tmp_path: Path, ladybug: LadybugEngine
) -> None:
    subprocess.run([sys.executable, "-c", CRASHING, str(tmp_path / "killed")], check=False)
    engine = LadybugEngine(tmp_path / "killed", buffer_pool_bytes=256 << 20)
    ladybug.write(concept())
    ladybug.write(report("1", 0))
    assert content(engine) == content(ladybug)
    assert engine.version() == 2
    engine.write(report("2", 1, items=5000))
    assert count(engine, "(:ContentItem)") == 5003
    engine.close()


def test_a_second_opener_of_the_file_is_refused(tmp_path: Path, ladybug: LadybugEngine) -> None:
    opener = "import sys; from cohortgraph.graph.engines.ladybug import LadybugEngine; LadybugEngine(sys.argv[1])"
    second = subprocess.run(
        [sys.executable, "-c", opener, str(tmp_path / "graph")], capture_output=True, text=True, check=False
    )
    assert "StoreError" in second.stderr


def test_a_closed_engine_says_so(tmp_path: Path) -> None:
    engine = LadybugEngine(tmp_path / "graph", buffer_pool_bytes=256 << 20)
    engine.ensure_schema()
    engine.close()
    for use in (engine.version, lambda: engine.write(concept())):
        with pytest.raises(StoreError, match="closed"):
            use()


def test_no_number_of_a_list_is_lost_when_its_column_grows(tmp_path: Path) -> None:
    """As Ladybug 0.22 loses them where it compresses: one in seven of these came back as 0."""
    random, said = Random(0), {}
    numbers = [0.7, 0.005768, 0.000499, 1.201199999999, 0.661468, 1.25, 1.29166674613953, 3.537818, 1.0, 2.34375]
    engine = LadybugEngine(tmp_path / "graph", buffer_pool_bytes=256 << 20)
    engine.ensure_schema()
    for part in range(6):
        new = [{"id": f"{part}.{n}", "pixelSpacing": [1.2, random.choice(numbers)]} for n in range(40)]
        said |= {str(row["id"]): row["pixelSpacing"] for row in new}
        engine.write(Batch(create_nodes={"Instance": new}))
        engine.close()  # which writes to the columns what was in the log
        engine = LadybugEngine(tmp_path / "graph", buffer_pool_bytes=256 << 20)
    found = rows(engine.read("MATCH (i:Instance) RETURN i.id AS id, i.pixelSpacing AS spacing"))
    engine.close()
    assert {row["id"]: row["spacing"] for row in found} == said


def test_checkpoints_amid_readers_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ladybug 0.22 sets values of other rows, 2,048 away, where its own checkpoints meet readers."""
    monkeypatch.setattr(engines, "CHECKPOINT_BYTES", 1 << 20)
    engine = LadybugEngine(tmp_path / "graph")
    engine.ensure_schema()
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            with engine.at_one_version():
                for _ in range(3):
                    engine.read("MATCH (i:Instance) WHERE i.kind = 'segmentation' RETURN i.measurement, count(i)")

    readers = [threading.Thread(target=ask) for _ in range(4)]
    for each in readers:
        each.start()
    expected = {}
    try:
        for batch in range(12):
            ids = [f"1.{batch}.{n}" for n in range(200)]
            expected |= {uid: "pending" if n % 20 == 0 else None for n, uid in enumerate(ids)}
            new = [{"id": uid, "locations": ["x" * 5000], "measurement": expected[uid]} for uid in ids]
            engine.write(Batch(create_nodes={"Instance": new}))
            for uid in ids[::20]:
                engine.write(Batch(set_nodes={"Instance": [{"id": uid, "measurement": "done"}]}))
                expected[uid] = "done"
    finally:
        over.set()
        for each in readers:
            each.join()
    found = engine.read("MATCH (i:Instance) RETURN i.id AS id, i.measurement AS measurement").to_pylist()
    assert {row["id"]: row["measurement"] for row in found} == expected
    assert (tmp_path / "graph.wal").stat().st_size < 6 << 20
    engine.close()
