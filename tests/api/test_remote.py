"""The remote client does what the local one does: the same assertions on both, over a real server."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import cohortgraph
from cohortgraph.client import Client
from cohortgraph.client.remote import RemoteClient
from cohortgraph.errors import CohortGraphError, LimitExceeded, NotFound, QuestionError, StoreError, UsageError
from cohortgraph.graph import schema
from cohortgraph.graph.store.backup import verified
from cohortgraph.graph.store.directory import Store
from cohortgraph.queries.answers.wanted import Wanted
from cohortgraph.queries.cypher.order import order
from cohortgraph.queries.language.relations import relations

from ..export.planned import contents
from .conftest import Running, served

AnyClient = Client | RemoteClient
ITEMS = {"items": {"valueType": {"eq": "NUM"}}}
SEGMENTED = {"patients": {"segments": {"some": {}}}}
ALL = {"instances": {}}


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def signature(method: Any) -> list[tuple[str, Any, Any]]:
    return [(p.name, p.kind, p.default) for p in inspect.signature(method).parameters.values()]


def test_both_clients_have_the_same_methods_and_parameters() -> None:
    assert public(RemoteClient) - public(Client) == {"url"}
    assert public(Client) <= public(RemoteClient)
    for name in public(Client):
        if callable(method := getattr(Client, name)):
            assert signature(getattr(RemoteClient, name)) == signature(method), name
            assert getattr(RemoteClient, name).__doc__, name


def test_every_method_is_asked_here() -> None:
    asked = {*READS, *CHANGES, *FILES, *EXPORTS, "close"}
    assert public(Client) == asked


@pytest.fixture(scope="module")
def remote(reading: Running) -> Iterator[RemoteClient]:
    connected = cohortgraph.connect(reading.url)
    assert isinstance(connected, RemoteClient)
    with connected:
        yield connected


def _wanted() -> Wanted:
    study = Wanted(
        "studies",
        "Study",
        relations("Patient")["studies"],
        properties=(("date", "studyDate"),),
        below=(
            Wanted("series", "Series", relations("Study")["series"], properties=(("modality", "modality"),), all=True),
            Wanted("patient", "Patient", relations("Study")["patient"], properties=(("id_", "patientID"),)),
        ),
    )
    coded = tuple(each for each in schema.EDGES if each.type in ("TYPE", "CATEGORY"))
    segments = Wanted(
        "segments", "Segment", relations("Patient")["segments"], codes=coded, concepts=("codeValue",), first=1
    )
    return Wanted("patients", "Patient", properties=(("sex", "patientSex"),), below=(study, segments))


def _concept(client: AnyClient) -> Any:
    return [client.concept("SCT:87878005"), client.concept("SCT:1"), client.concept("LN:8625-6")]


def _patient(client: AnyClient) -> str:
    return str(client.query({"patients": {}}).hits[0]["id"])


READS: dict[str, Callable[[AnyClient], Any]] = {
    "directory": lambda client: client.directory,
    "identity": lambda client: client.identity,
    "version": lambda client: client.version(),
    "query": lambda client: [
        client.query(json.dumps(ITEMS)),
        client.query(ITEMS, evidence=True, limit=3),
        client.query(ITEMS, limit=2, after=client.query(ITEMS, limit=2).next),
        client.query(SEGMENTED, level="series"),
    ],
    "stream": lambda client: [client.stream(each).read_all() for each in (ITEMS, ALL, {"rois": {}})],
    "count": lambda client: client.count(ITEMS, level="series"),
    "explain": lambda client: client.explain({"segments": {"type": {"memberOf": "CID 7151"}}}),
    "facets": lambda client: [
        client.facets(SEGMENTED, "series.modality"),
        client.facets({"segments": {}}, "volume"),
        client.facets(ITEMS, "name"),
    ],
    "overlap": lambda client: client.overlap({"a": SEGMENTED, "b": {"patients": {}}}),
    "page": lambda client: [
        client.page(SEGMENTED, _wanted(), order=order("Patient", "patientID", descending=True), evidence=True),
        client.page({"patients": {}}, _wanted(), total=False, warnings=True),
    ],
    "validate": lambda client: client.validate({"patients": {"segments": {"some": {"type": {"is": "SCT:87878005"}}}}}),
    "concept": _concept,
    "concepts": lambda client: [client.concepts({}, first=5), client.concepts({}, after=client.concepts({}).next)],
    "cypher": lambda client: [
        client.cypher("MATCH (s:Series) WHERE s.modality = $m RETURN s.id AS id, s.seriesDate AS day", {"m": "SR"}),
        client.cypher("MATCH (c:Concept) RETURN c.id AS id ORDER BY id", limit=3),
    ],
    "show": lambda client: (
        [client.show(each["id"]) for each in client.query(ALL).hits] + [client.show(_patient(client))]
    ),
    "quarantine": lambda client: client.quarantine(),
    "datasets": lambda client: client.datasets(),
    "dataset": lambda client: client.dataset("real"),
    "patients": lambda client: client.patients(),
    "patient_conflicts": lambda client: client.patient_conflicts(),
    "references": lambda client: [client.references(), client.references(unresolved=True)],
    "declared_tags": lambda client: client.declared_tags(),
    "stats": lambda client: client.stats(),
    "digest": lambda client: client.digest(),
    "check": lambda client: client.check(),
}
"""What each reading method is asked."""


@pytest.mark.parametrize("name", READS)
def test_it_answers_as_the_local_client(name: str, reading: Running, remote: RemoteClient) -> None:
    found = READS[name](remote)
    assert found == READS[name](reading.client)
    assert found or name in ("quarantine", "validate", "patient_conflicts", "check")
    assert type(found) is type(READS[name](reading.client))


def test_an_answer_longer_than_a_page_of_the_server_is_put_together(
    reading: Running, remote: RemoteClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cohortgraph.client.remote.questions._PAGE", 3)
    for limit in (None, 2, 5, 6):
        assert remote.query(ITEMS, limit=limit).hits == reading.client.query(ITEMS, limit=limit).hits
        assert remote.query(ITEMS, limit=limit).next == reading.client.query(ITEMS, limit=limit).next


DEEP: dict[str, Any] = {}
for _ in range(20):
    DEEP = {"NOT": DEEP}

WRONG: dict[str, tuple[type[CohortGraphError], Callable[[AnyClient], Any]]] = {
    "question": (QuestionError, lambda client: client.query({"patients": {"segment": {}}})),
    "limit": (LimitExceeded, lambda client: client.query({"patients": DEEP})),
    "level": (UsageError, lambda client: client.query(ITEMS, level="serie")),
    "stream": (QuestionError, lambda client: client.stream({"patients": {"segment": {}}})),
    "cypher": (UsageError, lambda client: client.cypher("MATCH (n) DETACH DELETE n")),
    "identifier": (NotFound, lambda client: client.show("1.2.3")),
    "dataset": (NotFound, lambda client: client.dataset("none")),
    "delete": (NotFound, lambda client: client.delete_dataset("none")),
    "cohort": (NotFound, lambda client: client.cohort("none")),
    "tag": (UsageError, lambda client: client.declare_tags(["NoSuchKeyword"])),
    "code": (UsageError, lambda client: client.concept("NOSUCH:1")),
}


@pytest.mark.parametrize("name", WRONG)
def test_it_fails_as_the_local_client(name: str, reading: Running, remote: RemoteClient) -> None:
    kind, ask = WRONG[name]
    with pytest.raises(kind) as here:
        ask(reading.client)
    with pytest.raises(kind) as there:
        ask(remote)
    assert type(there.value) is type(here.value)
    assert str(there.value) == str(here.value)
    assert vars(there.value) == vars(here.value)


@pytest.fixture(params=["local", "remote"])
def changing(request: pytest.FixtureRequest, store: Store) -> Iterator[AnyClient]:
    """Each client in turn, of an empty store."""
    if request.param == "local":
        yield Client(store)
        return
    with served(store) as running, RemoteClient(running.url) as client:
        yield client


CHANGES = (
    "ingest",
    "retry_quarantine",
    "set_dataset",
    "delete_dataset",
    "link_patients",
    "unlink_patient",
    "create_cohort",
    "cohorts",
    "cohort",
    "change_cohort",
    "delete_cohort",
    "include_in_cohort",
    "exclude_from_cohort",
    "freeze_cohort",
    "snapshot",
    "snapshot_entries",
    "snapshot_condition",
    "diff_cohort",
    "restore_cohort",
    "declare_tags",
    "forget_tags",
    "upgrade",
)
"""Asked in the two tests below."""


def test_a_store_is_filled_and_emptied(changing: AnyClient, files: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / "notes.txt").write_text("no DICOM")
    (folder / "damaged.dcm").write_bytes(files[0].read_bytes()[:900])
    events: list[Any] = []
    report = changing.ingest([*files, folder], "real", workers=1, authority="HERE", progress=events.append)
    assert (report.files, report.kept, report.ignored, report.quarantined) == (7, 5, 1, 1)
    assert report.ignored_files == [(folder / "notes.txt").as_uri()]
    assert sum(report.instances.values()) == 5
    assert report.nodes["Instance"] == 5
    assert events[-1].done
    assert [each.state for each in changing.quarantine()] == ["quarantined"]
    assert changing.retry_quarantine(workers=1).quarantined == 1
    changing.set_dataset("real", title="Real files", license="CC-BY-4.0")
    assert changing.dataset("real").properties["title"] == "Real files"
    first, second = [each.id for each in changing.patients()][:2]
    group = changing.link_patients([first, second])
    assert set(group) == {first, second}
    assert changing.unlink_patient(second) == second
    assert changing.declare_tags(["XRayTubeCurrent"]).headers == 5
    assert "XRayTubeCurrent" in [each.name for each in changing.declared_tags() if not each.default]
    assert changing.forget_tags(["XRayTubeCurrent"]).headers == 5
    assert changing.upgrade().headers == 0
    deleted = changing.delete_dataset("real")
    assert (deleted.removed, deleted.kept) == (5, 0)


def test_a_cohort_is_made_frozen_and_changed(changing: AnyClient, files: list[Path]) -> None:
    changing.ingest(files, "real", workers=1)
    patients = changing.query({"patients": {}}).hits
    made = changing.create_cohort("all", {"patients": {}}, notes="every one", owner="me")
    assert changing.cohort("all") == made == changing.cohorts()[0]
    frozen = changing.freeze_cohort("all", note="first")
    assert changing.snapshot("all@1") == changing.snapshot("all") == frozen
    assert frozen.counts["patients"] == len(patients)
    excluded = changing.exclude_from_cohort("all", patients[0]["id"], "withdrew", by="you")
    assert excluded.curation[0].reason == "withdrew"
    diff = changing.diff_cohort("all")
    assert [(each.id, each.cause) for each in diff.removed if each.level == "patients"] == [
        (patients[0]["id"], "curation")
    ]
    changing.include_in_cohort("all", patients[0]["id"], "came back")
    page = changing.snapshot_entries("all", limit=1)
    assert (page.total, len(page.entries)) == (len(patients), 1)
    assert changing.snapshot_entries("all", limit=1, after=page.next).entries != page.entries
    assert changing.snapshot_condition("all@1").objects == len(files)
    assert changing.change_cohort("all", notes="changed").notes == "changed"
    assert changing.restore_cohort("all@1").curation == ()
    changing.delete_cohort("all")
    assert changing.cohorts() == []


FILES = ("manifest", "snapshot_file", "export_cohort", "backup")
"""Asked in the tests below."""


@pytest.fixture(scope="module")
def both(reading: Running, remote: RemoteClient) -> Iterator[tuple[Client, RemoteClient]]:
    reading.client.create_cohort("files", {"instances": {}})
    reading.client.freeze_cohort("files")
    yield reading.client, remote
    reading.client.delete_cohort("files")


def test_a_manifest_is_the_same(both: tuple[Client, RemoteClient], tmp_path: Path) -> None:
    told = [client.manifest(SEGMENTED, tmp_path / type(client).__name__) for client in both]
    assert told[0] == told[1]
    assert contents(tmp_path / "RemoteClient") == contents(tmp_path / "Client")


def test_one_file_of_a_snapshot(both: tuple[Client, RemoteClient], files: list[Path], tmp_path: Path) -> None:
    uid = str(both[0].query(ALL).hits[0]["id"])
    taken = [client.snapshot_file("files", uid, tmp_path / type(client).__name__) for client in both]
    assert (taken[0].digest, taken[0].size) == (taken[1].digest, taken[1].size)
    assert (tmp_path / "RemoteClient").read_bytes() in [each.read_bytes() for each in files]
    for client in both:
        with pytest.raises(NotFound, match="holds no object"):
            client.snapshot_file("files", "1.2.3", tmp_path / "none")


def test_a_backup_of_a_server_is_whole(remote: RemoteClient, tmp_path: Path) -> None:
    remote.backup(tmp_path / "backup")
    assert verified(tmp_path / "backup")["meta"]
    with pytest.raises(UsageError, match="exists"):
        remote.backup(tmp_path / "backup")


def test_folders_that_the_server_may_read_are_not_sent(writing: Running, files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.dcm").write_bytes(files[0].read_bytes())
    with RemoteClient(writing.url) as client:
        assert client.ingest([tmp_path / "in"], "near").kept == 1
    rows = writing.client.cypher("MATCH (i:Instance) RETURN i.locations AS at").table.to_pylist()
    assert rows[0]["at"] == [(tmp_path / "in" / "one.dcm").as_uri()]


def test_stopping_to_wait_stops_the_job(writing: Running, files: list[Path]) -> None:
    def interrupt(event: Any) -> None:
        if event.phase != "send":
            raise KeyboardInterrupt

    with RemoteClient(writing.url) as client:
        with pytest.raises(KeyboardInterrupt):
            client.ingest(files, "stopped", progress=interrupt)
        assert client.ingest(files, "stopped").files == len(files)
    assert writing.http.get("/api/jobs").json()[-1]["state"] in ("cancelled", "done")


def test_a_token_is_sent_and_asked_for(store: Store) -> None:
    with served(store, token="secret of a test") as running:
        with RemoteClient(running.url, token="secret of a test") as client:
            assert client.version() == 0
        with RemoteClient(running.url) as client, pytest.raises(UsageError, match="Bearer"):
            client.version()


def test_no_server_is_named() -> None:
    with RemoteClient("http://127.0.0.1:9") as client, pytest.raises(StoreError, match="no server answers"):
        client.version()


def test_a_stream_is_read_while_it_arrives(remote: RemoteClient) -> None:
    reader = remote.stream(ITEMS)
    assert isinstance(reader, pa.RecordBatchReader)
    assert reader.read_next_batch().num_rows == remote.count(ITEMS)


def test_a_busy_server_is_asked_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    with served(store) as running, RemoteClient(running.url) as client:
        readers = running.app.state.server.readers
        most, readers._most = readers._most, 0

        def let_in(seconds: float) -> None:
            waits.append(seconds)
            readers._most = most

        monkeypatch.setattr("cohortgraph.client.remote.http.time.sleep", let_in)
        assert client.version() == 0
    assert waits[0] == 1.0


def test_what_is_told_besides_is_left_out() -> None:
    from cohortgraph.client.decode import decoded
    from cohortgraph.ingest.delete import Deleted

    assert decoded(Deleted, asdict(Deleted(3, 1)) | {"new": 5}) == Deleted(3, 1)


EXPORTS = (
    "start_export", "exports", "export_job", "follow_export", "cancel_export", "retry_export", "fetch_export",
    "delete_export",
)  # fmt: skip
"""Asked in test_remote_exports.py."""
