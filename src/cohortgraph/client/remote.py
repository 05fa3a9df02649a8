"""A store that a server has open, filled and asked over HTTP: the methods of ``Client``, with the same results."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePath
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ..cohorts.condition import Condition
from ..cohorts.diff import Diff
from ..cohorts.entries import Entries
from ..cohorts.model import Cohort, Snapshot
from ..errors import NotFound, UsageError
from ..export.jobs.board import ExportJob
from ..export.protocol import MadeFile
from ..export.written import Exported
from ..graph.datasets import Described
from ..graph.declared import DeclaredTag
from ..graph.reading.check import Problem
from ..graph.reading.digest import Stats
from ..graph.reading.disagreements import Conflict
from ..graph.reading.referred import Referred
from ..graph.store.directory import identity_of
from ..graph.writing.persons import Person
from ..ingest.delete import Deleted
from ..ingest.outcome import Progress, Report
from ..ingest.reread import Reread
from ..queries.answers.ask import Answer
from ..queries.answers.nested import Answer as NestedAnswer
from ..queries.answers.nested import Nodes
from ..queries.answers.tree import Tree
from ..queries.counts.facets import Facet
from ..queries.counts.overlap import Overlap
from ..queries.explain import Explanation
from ..queries.handwritten.guard import Rows
from ..registry.registry import Held
from .arrow import batches, table
from .decode import decoded, nested
from .documents import Document
from .download import download, file_of, unpacked
from .exports import ROUTE, There, followed, route, waited
from .failures import FolderRefused
from .http import Http, as_json, segment
from .jobs import finished
from .local import Client
from .local.exports import given, wanted
from .upload import Upload

if TYPE_CHECKING:
    import pyarrow as pa

    from ..export.plan.options import Form
    from ..queries.answers.wanted import Wanted
    from ..queries.cypher.order import Order

T = TypeVar("T")
_PAGE = 10_000
"""The most hits that a server answers at once."""
_CUT = "X-Rows-Cut"


def _documented(kind: type[T]) -> type[T]:
    """Give each method the documentation of ``Client``'s of that name, which holds for it too."""
    for name, member in vars(kind).items():
        if not name.startswith("_") and member.__doc__ is None:
            member.__doc__ = inspect.getdoc(getattr(Client, name))
    return kind


@_documented
class RemoteClient:
    """A store that a server has open.

    Parameters
    ----------
    url
        The server's, ``http://…``.
    token
        What the server asks for (default: $COHORTGRAPH_TOKEN).

    Raises
    ------
    StoreError
        by each method, where no server answers.
    """

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self._http = Http(url, token)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the server."""
        self._http.close()

    @property
    def url(self) -> str:
        """Where the server answers."""
        return self._http.url

    @property
    def directory(self) -> Path:
        """Where the store's own files lie, on the server."""
        return Path(self._http.get("/api/store")["directory"])

    @property
    def identity(self) -> str:
        """What tells this store from one that lay or will lie in the same place."""
        return str(self._http.get("/api/store")["identity"])

    def version(self) -> int:
        return int(self._http.get("/api/version")["version"])

    def query(
        self,
        document: Document,
        *,
        level: str | None = None,
        evidence: bool = False,
        limit: int | None = None,
        after: str | None = None,
    ) -> Answer:
        def page(most: int, after: str | None) -> Answer:
            asked = {"document": document, "level": level, "evidence": evidence, "limit": most, "after": after}
            return decoded(Answer, self._http.post("/api/query", asked))

        found = page(min(limit or _PAGE, _PAGE) if limit is None or limit > 0 else limit, after)
        hits, warnings, last = list(found.hits), dict.fromkeys(found.warnings), found
        while last.next and (limit is None or len(hits) < limit):
            last = page(min(_PAGE, limit - len(hits)) if limit is not None else _PAGE, last.next)
            hits += last.hits
            warnings |= dict.fromkeys(last.warnings)
        return replace(found, next=last.next, hits=hits, warnings=list(warnings))

    def stream(self, document: Document, *, level: str | None = None) -> pa.RecordBatchReader:
        asked = as_json({"document": document, "level": level})
        return batches(self._http, "/api/query?format=arrow", asked)

    def count(self, document: Document, *, level: str | None = None) -> int:
        return int(self._http.post("/api/count", {"document": document, "level": level})["count"])

    def explain(self, document: Document, *, level: str | None = None) -> Explanation:
        return decoded(Explanation, self._http.post("/api/explain", {"document": document, "level": level}))

    def facets(self, document: Document, by: str) -> Facet:
        return decoded(Facet, self._http.post("/api/facets", {"document": document, "by": by}))

    def overlap(self, documents: Mapping[str, Document], *, level: str | None = None) -> Overlap:
        return decoded(Overlap, self._http.post("/api/overlap", {"documents": documents, "level": level}))

    def page(
        self,
        document: Document,
        wanted: Wanted,
        *,
        order: Order | None = None,
        total: bool = True,
        evidence: bool = False,
        warnings: bool = False,
    ) -> NestedAnswer:
        asked = {"document": document, "wanted": wanted.to_dict(), "total": total, "evidence": evidence}
        sort = {"by": order.by.name, "descending": order.descending} if order else None
        found = decoded(NestedAnswer, self._http.post("/api/page", asked | {"order": sort, "warnings": warnings}))
        return replace(found, nodes=nested(found.nodes))

    def validate(self, document: Document) -> list[str]:
        return list(self._http.post("/api/validate", {"document": document})["warnings"])

    def concept(self, code: str) -> dict[str, Any] | None:
        try:
            return dict(self._http.get(f"/api/concepts/{segment(code)}"))
        except NotFound:
            return None

    def concepts(self, condition: Mapping[str, Any], *, first: int = 100, after: str | None = None) -> Nodes:
        return decoded(
            Nodes, self._http.post("/api/concepts", {"condition": condition, "first": first, "after": after})
        )

    def cypher(
        self,
        statement: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        limit: int = 1000,
        timeout: float = 30.0,
    ) -> Rows:
        asked = {"statement": statement, "parameters": parameters or {}, "limit": limit, "timeout": timeout}
        found, headers = table(self._http, "/api/cypher?format=arrow", as_json(asked))
        return Rows(found, headers[_CUT] == "true")

    def show(self, identifier: str) -> Tree:
        return decoded(Tree, self._http.get(f"/api/show/{segment(identifier)}"))

    def manifest(self, document: Document, folder: Path | str, *, level: str | None = None) -> Exported:
        asked = as_json({"document": document, "level": level})
        return unpacked(self._http, "POST", "/api/manifest", Path(folder), **asked)

    def ingest(
        self,
        paths: Sequence[Path | str],
        dataset: str,
        *,
        workers: int | None = None,
        replace: bool = False,
        measure: bool = True,
        authority: str | None = None,
        progress: Progress | None = None,
    ) -> Report:
        """As ``Client.ingest``. The files are sent to the server, where copies of them stay.

        Except where the server runs on this machine and its setting ``ingest_folders`` lets it read them in place.
        Ctrl-C while files are sent leaves nothing; later it stops the job, of which stays what was committed.
        """
        how = {"dataset": dataset, "workers": workers, "replace": replace, "measure": measure, "authority": authority}
        if (job := self._where_they_lie(paths, how)) is not None:
            return decoded(Report, finished(self._http, job, progress))
        upload = Upload(paths, progress)
        given = {name: value for name, value in how.items() if value is not None}
        job = self._http.ask("POST", "/api/ingest", params=given, content=upload.body, headers=upload.headers)
        report = decoded(Report, finished(self._http, job, progress))
        report.ignored_files = [upload.here(uri, f"/jobs/{job['id']}/files") for uri in report.ignored_files]
        return report

    def quarantine(self) -> list[Held]:
        return self._listed(Held, "/api/quarantine")

    def retry_quarantine(self, *, workers: int | None = None, progress: Progress | None = None) -> Report:
        return decoded(Report, self._done("/api/quarantine/retry", {"workers": workers}, progress))

    def datasets(self) -> list[Described]:
        return self._listed(Described, "/api/datasets")

    def dataset(self, name: str) -> Described:
        return decoded(Described, self._http.get(f"/api/datasets/{segment(name)}"))

    def set_dataset(self, name: str, **changes: str) -> None:
        self._http.ask("PATCH", f"/api/datasets/{segment(name)}", **as_json(changes))

    def delete_dataset(self, name: str, *, progress: Progress | None = None) -> Deleted:
        job = self._http.ask("DELETE", f"/api/datasets/{segment(name)}")
        return decoded(Deleted, finished(self._http, job, progress))

    def patients(self) -> list[Person]:
        return self._listed(Person, "/api/patients")

    def link_patients(self, records: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._http.post("/api/patients/link", {"records": list(records)})["records"])

    def unlink_patient(self, record: str) -> str:
        return str(self._http.post("/api/patients/unlink", {"record": record})["record"])

    def patient_conflicts(self) -> list[Conflict]:
        return self._listed(Conflict, "/api/patients/conflicts")

    def references(self, *, unresolved: bool = False) -> list[Referred]:
        return self._listed(Referred, "/api/references", unresolved=unresolved)

    def create_cohort(
        self, name: str, document: Document, *, level: str | None = None, notes: str = "", owner: str = ""
    ) -> Cohort:
        asked = {"name": name, "document": document, "level": level, "notes": notes, "owner": owner}
        return decoded(Cohort, self._http.post("/api/cohorts", asked))

    def cohorts(self) -> list[Cohort]:
        return self._listed(Cohort, "/api/cohorts")

    def cohort(self, name: str) -> Cohort:
        return decoded(Cohort, self._http.get(_cohort(name)))

    def change_cohort(
        self,
        name: str,
        *,
        document: Document | None = None,
        level: str | None = None,
        notes: str | None = None,
        owner: str | None = None,
        by: str = "",
    ) -> Cohort:
        changes = {"document": document, "level": level, "notes": notes, "owner": owner, "by": by}
        return decoded(Cohort, self._http.ask("PATCH", _cohort(name), **as_json(changes)))

    def delete_cohort(self, name: str) -> None:
        self._http.ask("DELETE", _cohort(name))

    def include_in_cohort(self, name: str, uid: str, reason: str, *, by: str = "") -> Cohort:
        decision = {"uid": uid, "reason": reason, "by": by}
        return decoded(Cohort, self._http.post(f"{_cohort(name)}/include", decision))

    def exclude_from_cohort(self, name: str, uid: str, reason: str, *, by: str = "") -> Cohort:
        decision = {"uid": uid, "reason": reason, "by": by}
        return decoded(Cohort, self._http.post(f"{_cohort(name)}/exclude", decision))

    def freeze_cohort(self, name: str, *, note: str = "", by: str = "") -> Snapshot:
        return decoded(Snapshot, self._http.post(f"{_cohort(name)}/freeze", {"note": note, "by": by}))

    def snapshot(self, ref: str) -> Snapshot:
        return decoded(Snapshot, self._http.get(_snapshot(ref)))

    def snapshot_entries(
        self, ref: str, level: str | None = None, *, limit: int = 1000, after: str | None = None
    ) -> Entries:
        return decoded(Entries, self._http.get(f"{_snapshot(ref)}/entries", level=level, limit=limit, after=after))

    def snapshot_condition(self, ref: str) -> Condition:
        return decoded(Condition, self._http.get(f"{_snapshot(ref)}/condition"))

    def diff_cohort(self, name: str, old: int | None = None, new: int | None = None) -> Diff:
        return decoded(Diff, self._http.get(f"{_cohort(name)}/diff", old=old, new=new))

    def restore_cohort(self, ref: str, *, by: str = "") -> Cohort:
        return decoded(Cohort, self._http.post(f"{_snapshot(ref)}/restore", {"by": by}))

    def declared_tags(self) -> list[DeclaredTag]:
        return self._listed(DeclaredTag, "/api/tags")

    def declare_tags(self, names: Sequence[str], *, progress: Progress | None = None) -> Reread:
        return decoded(Reread, self._done("/api/tags/declare", {"names": list(names)}, progress))

    def forget_tags(self, names: Sequence[str], *, progress: Progress | None = None) -> Reread:
        return decoded(Reread, self._done("/api/tags/forget", {"names": list(names)}, progress))

    def upgrade(self, *, progress: Progress | None = None) -> Reread:
        return decoded(Reread, self._done("/api/upgrade", None, progress))

    def snapshot_file(self, ref: str, uid: str, file: Path | str) -> MadeFile:
        return download(self._http, file_of(ref, uid), Path(file))

    def export_cohort(
        self,
        ref: str,
        folder: Path | str,
        format: Form = "dicom",
        *,
        skip_missing: bool = False,
        progress: Progress | None = None,
        workers: int | None = None,
        **options: Any,
    ) -> Exported:
        """As ``Client.export_cohort``: the server's workers make it, as many samples at a time as these have processes.

        Then its files are downloaded one by one, each checked by its digest. What was stopped goes on when called
        again; what has arrived is not asked for again. The server keeps its own until ``delete_export``.
        """
        from ..export.address import folder_of

        folder = folder_of(folder)
        job = self._begun(ref, format, skip_missing, options)
        return self.fetch_export(waited(self._http, job, progress).id, folder, progress=progress)

    def start_export(
        self,
        ref: str,
        format: Form,
        *,
        folder: Path | str | None = None,
        skip_missing: bool = False,
        **options: Any,
    ) -> ExportJob:
        if folder is not None:
            raise UsageError(
                "a server makes an export in a folder of its own: leave the folder out, then fetch its files"
            )
        asked = given(wanted(format, skip_missing, options))
        told = {"cohort": ref, "format": format, "skip_missing": skip_missing, "options": asked}
        return decoded(ExportJob, self._http.post(ROUTE, told))

    def exports(self) -> list[ExportJob]:
        return self._listed(ExportJob, ROUTE)

    def export_job(self, identifier: str) -> ExportJob:
        return decoded(ExportJob, self._http.get(route(identifier)))

    def follow_export(self, identifier: str) -> Iterator[ExportJob]:
        return followed(self._http, identifier)

    def cancel_export(self, identifier: str) -> ExportJob:
        return decoded(ExportJob, self._http.post(f"{route(identifier)}/cancel"))

    def retry_export(self, identifier: str, *, skip_missing: bool | None = None) -> ExportJob:
        return decoded(ExportJob, self._http.post(f"{route(identifier)}/retry", {"skip_missing": skip_missing}))

    def delete_export(self, identifier: str) -> None:
        self._http.ask("DELETE", route(identifier))

    def fetch_export(self, identifier: str, folder: Path | str, *, progress: Progress | None = None) -> Exported:
        from ..export.address import folder_of
        from ..export.copied import copied

        return copied(There(self._http, identifier), self.export_job(identifier), folder_of(folder), progress)

    def _begun(self, ref: str, form: Form, skip_missing: bool, options: dict[str, Any]) -> ExportJob:
        """The export of the same that was begun before, where there is one; else a new one."""
        asked = wanted(form, skip_missing, options).to_dict()
        frozen = self.snapshot(ref)
        snapshot = frozen.ref
        if form == "parquet":
            asked["level"] = asked["level"] or frozen.level  # as the plan says it
        shown = (each for each in self.exports() if PurePath(each.out).name == each.id)  # whose files a server shows
        for job in (each for each in shown if (each.snapshot, each.options) == (snapshot, asked)):
            return self.retry_export(job.id) if job.state in ("failed", "cancelled") else job
        return self.start_export(snapshot, form, skip_missing=skip_missing, **options)

    def stats(self) -> Stats:
        return decoded(Stats, self._http.get("/api/stats"))

    def digest(self) -> str:
        return str(self._http.get("/api/digest")["digest"])

    def check(self) -> list[Problem]:
        return [decoded(Problem, each) for each in self._done("/api/check", None, None)]

    def backup(self, file: Path | str) -> None:
        if Path(file).exists():
            raise UsageError(f"{file} exists; name a new file")
        download(self._http, "/api/backup", Path(file))

    def _listed(self, kind: type[T], path: str, **parameters: Any) -> list[T]:
        return [decoded(kind, each) for each in self._http.get(path, **parameters)]

    def _done(self, path: str, body: Any, progress: Progress | None) -> Any:
        """The result of the job that a route begins."""
        return finished(self._http, self._http.post(path, body), progress)

    def _where_they_lie(self, paths: Sequence[Path | str], how: Mapping[str, Any]) -> Any:
        """The job, where the server works on this machine's files and may read these; else None."""
        about = self._http.get("/api/store")
        with suppress(OSError, FolderRefused):
            if identity_of(Path(about["directory"])) == about["identity"]:
                absolute = [str(Path(path).absolute()) for path in paths]
                return self._http.post("/api/ingest/paths", {**how, "paths": absolute})
        return None


def _cohort(name: str) -> str:
    return f"/api/cohorts/{segment(name)}"


def _snapshot(ref: str) -> str:
    return f"/api/snapshots/{segment(ref)}"
