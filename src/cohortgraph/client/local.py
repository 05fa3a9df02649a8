"""A store that this process has open, filled and asked by its methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from .documents import Document

if TYPE_CHECKING:
    import pyarrow as pa

    from ..cohorts.condition import Condition
    from ..cohorts.diff import Diff
    from ..cohorts.entries import Entries
    from ..cohorts.model import Cohort, Snapshot
    from ..cohorts.shelf import Shelf
    from ..export.pixels import Taken
    from ..export.run import Format
    from ..export.written import Written
    from ..graph.datasets import Described
    from ..graph.declared import DeclaredTag
    from ..graph.reading.check import Problem
    from ..graph.reading.digest import Stats
    from ..graph.reading.disagreements import Conflict
    from ..graph.reading.referred import Referred
    from ..graph.store.directory import Store
    from ..graph.writing.persons import Person
    from ..ingest.delete import Deleted
    from ..ingest.pipeline import Progress, Report
    from ..ingest.reread import Reread
    from ..queries.answers.ask import Answer
    from ..queries.answers.nested import Answer as NestedAnswer
    from ..queries.answers.nested import Nodes
    from ..queries.answers.tree import Tree
    from ..queries.answers.wanted import Wanted
    from ..queries.counts.facets import Facet
    from ..queries.counts.overlap import Overlap
    from ..queries.cypher.order import Order
    from ..queries.explain import Explanation
    from ..queries.handwritten.guard import Rows
    from ..registry.registry import Held

T = TypeVar("T")


class Client:
    """An open store.

    Use :func:`cohortgraph.connect`; as a context manager it closes the store at the end.

    Examples
    --------
    >>> with cohortgraph.connect("store") as store:  # doctest: +SKIP
    ...     answer = store.query({"patients": {"segments": {"some": {"type": {"is": "SCT:87878005"}}}}})
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shelf: Shelf | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the store, so that another process can own it."""
        if self._shelf is not None:
            self._shelf.close()
        self._store.close()

    @property
    def directory(self) -> Path:
        """Where the store's own files lie."""
        return self._store.directory

    @property
    def identity(self) -> str:
        """What tells this store from one that lay or will lie in the same place."""
        return self._store.identity

    def version(self) -> int:
        """The store's version: another one after every change, and after nothing else."""
        return self._store.engine.version()

    def query(
        self,
        document: Document,
        *,
        level: str | None = None,
        evidence: bool = False,
        limit: int | None = None,
        after: str | None = None,
    ) -> Answer:
        """Ask a question and list what it finds at ``level`` (default: the question's root).

        ``evidence`` adds the nodes that satisfied each clause; ``limit`` and ``after`` page through a long answer,
        whose ``next`` is the following page's ``after``.

        Raises
        ------
        QuestionError
            where the document is not valid; names the path in it and the nearest valid name.
        """
        from ..queries import ask

        return ask(self._store.engine, document, level=level, evidence=evidence, limit=limit, after=after)

    def stream(self, document: Document, *, level: str | None = None) -> pa.RecordBatchReader:
        """What :meth:`query` lists, all of it, as Arrow batches that are read as they are taken: for long answers.

        Raises
        ------
        QuestionError
            where the document is not valid.
        """
        from ..queries.answers.stream import stream

        return stream(self._store.engine, document, level=level)

    def count(self, document: Document, *, level: str | None = None) -> int:
        """How many nodes at ``level`` the question finds."""
        from ..queries import count

        return count(self._store.engine, document, level=level)

    def explain(self, document: Document, *, level: str | None = None) -> Explanation:
        """How the question is understood: intermediate form, resolved codes, Cypher and the engine's plan."""
        from ..queries import explain

        return explain(self._store.engine, document, level=level)

    def facets(self, document: Document, by: str) -> Facet:
        """Count the question's hits by a property or code: ``modality``, ``segments.type``, ``items.number`` …

        Over the children that matched and, beside it, over everything that belongs to the same patients.

        Raises
        ------
        UsageError
            where ``by`` names no property or code; says which is nearest.
        """
        from ..queries import facets

        return facets(self._store.engine, document, by)

    def overlap(self, documents: Mapping[str, Document], *, level: str | None = None) -> Overlap:
        """Count every combination of up to 12 named questions at ``level``: their common root, else patients."""
        from ..queries import overlap

        return overlap(self._store.engine, documents, level)

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
        """Ask a question and list its nodes with what belongs to each, as deep as is ``wanted`` (semantics 6.13).

        Raises
        ------
        QuestionError
            where the document is not valid; LimitExceeded where the page would be too large.
        """
        from ..queries.answers.nested import page

        engine = self._store.engine
        return page(engine, document, wanted, order=order, total=total, evidence=evidence, warnings=warnings)

    def validate(self, document: Document) -> list[str]:
        """Check a document against this store without asking it; its warnings.

        Raises
        ------
        QuestionError
            where it is not valid; names the path in it and the nearest valid name.
        """
        from ..queries import load, parse, vocabulary

        return list(parse(load(document), vocabulary(self._store.engine)).warnings)

    def concept(self, code: str) -> dict[str, Any] | None:
        """A concept by its code, ``SCT:87878005``: id, meaning, what the store says of it; None where it is unknown."""
        from ..queries.answers.concepts import concept

        return concept(self._store.engine, code)

    def concepts(self, condition: Mapping[str, Any], *, first: int = 100, after: str | None = None) -> Nodes:
        """The store's concepts that a condition asks for, ``{isA: …}``, ``{memberOf: …}`` …, by id."""
        from ..queries.answers.concepts import concepts

        return concepts(self._store.engine, condition, first=first, after=after)

    def cypher(
        self,
        statement: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        limit: int = 1000,
        timeout: float = 30.0,
    ) -> Rows:
        """Run a reading Cypher statement: at most ``limit`` rows (``cut`` tells whether there were more), ``timeout``
        in seconds.

        Raises
        ------
        UsageError
            where the statement could write, read files or call procedures.
        """
        from ..queries.handwritten.guard import run

        return run(self._store.engine, statement, parameters, limit=limit, timeout=timeout)

    def show(self, identifier: str) -> Tree:
        """The readable tree of a patient, study, series or object."""
        from ..queries.answers.tree import tree

        return tree(self._store.engine, identifier)

    def manifest(self, document: Document, folder: Path | str, *, level: str | None = None) -> Written:
        """Write manifest.json and manifest.csv of every object under the question's hits at ``level``.

        An object whose files are all gone is named too, as missing.
        """
        from ..export.origin import Here
        from ..export.run import export
        from ..export.source import selected

        version = self._store.engine.version()
        with selected(self._cohorts, document, level, version) as source, Here(self._store) as origin:
            return export(origin, source, Path(folder), "manifest", skip_missing=True)

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
        """Read folders, DICOMDIRs, ZIP and tar files into the store; the same files again change nothing.

        Without ``measure`` segmentations stay pending: only their headers are read. ``authority`` assigned the Patient
        IDs that name no issuer (semantics 1.5).
        """
        from ..ingest.pipeline import ingest

        return ingest(
            self._store,
            [Path(path) for path in paths],
            dataset,
            workers=workers,
            progress=progress,
            replace=replace,
            measure=measure,
            authority=authority,
        )

    def quarantine(self) -> list[Held]:
        """What could not be read or is in conflict, with the reason."""
        from ..registry.registry import Registry

        with Registry(self._store.registry_path) as registry:
            return registry.held()

    def retry_quarantine(self, *, workers: int | None = None, progress: Progress | None = None) -> Report:
        """Read the files in quarantine again."""
        from ..ingest.pipeline import retry

        return retry(self._store, workers=workers, progress=progress)

    def datasets(self) -> list[Described]:
        """Every data set: its terms of use, how many objects and patients it holds."""
        from ..graph.datasets import datasets

        return datasets(self._store.engine)

    def dataset(self, name: str) -> Described:
        """One data set."""
        from ..graph.datasets import dataset

        return dataset(self._store.engine, name)

    def set_dataset(self, name: str, **changes: str) -> None:
        """Say something of a data set: ``title``, ``license``, ``doi``, ``accessConditions``, ``contact``,
        ``useTerms``, ``assigningAuthority``, ``dateShift``; an empty text removes what was said.

        Raises
        ------
        UsageError
            where a value is not valid, or an authority would turn stored patients into other people.
        """
        from ..graph.datasets import describe

        describe(self._store.engine, name, changes)

    def delete_dataset(self, name: str, *, progress: Progress | None = None) -> Deleted:
        """Remove a data set; objects of other data sets stay. What was stopped goes on when called again."""
        from ..ingest.delete import delete_dataset

        return delete_dataset(self._store, name, progress=progress)

    def patients(self) -> list[Person]:
        """Every person, with the Patient records that are linked to one."""
        from ..graph.writing.persons import persons

        return persons(self._store.engine)

    def link_patients(self, records: Sequence[str]) -> tuple[str, ...]:
        """Make one person of several records, named by id or Patient ID; the ids of all the person's records.

        Raises
        ------
        UsageError
            where a record is not here, or a Patient ID is that of several.
        """
        from ..ingest.identity import link

        return link(self._store, records)

    def unlink_patient(self, record: str) -> str:
        """Make a person of its own of a record that was linked; its id."""
        from ..ingest.identity import unlink

        return unlink(self._store, record)

    def patient_conflicts(self) -> list[Conflict]:
        """What files contradict each other about: people, studies, series."""
        from ..ingest.identity import conflicts

        return conflicts(self._store)

    def references(self, *, unresolved: bool = False) -> list[Referred]:
        """References by what they lead to and what holds them; ``unresolved``: only those to what is not here."""
        from ..graph.reading.referred import referred

        return referred(self._store.engine, unresolved=unresolved)

    def create_cohort(
        self, name: str, document: Document, *, level: str | None = None, notes: str = "", owner: str = ""
    ) -> Cohort:
        """Save a question under a name; it consists of what the question finds at ``level`` (default: its root).

        Raises
        ------
        UsageError
            where the name is not valid or taken, or the question is not valid.
        """
        return self._cohorts.create(name, document, level=level, notes=notes, owner=owner)

    def cohorts(self) -> list[Cohort]:
        """Every cohort, by name."""
        return self._cohorts.all()

    def cohort(self, name: str) -> Cohort:
        """One cohort: question, curation, snapshots, history."""
        return self._cohorts.cohort(name)

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
        """Change what is given of a cohort; its snapshots stay. ``by`` is who does it (default: the owner)."""
        return self._cohorts.change(name, document=document, level=level, notes=notes, owner=owner, by=by)

    def delete_cohort(self, name: str) -> None:
        """Remove a cohort with all its snapshots."""
        self._cohorts.delete(name)

    def include_in_cohort(self, name: str, uid: str, reason: str, *, by: str = "") -> Cohort:
        """Take a patient, study, series, object or part of one into a cohort, whatever its question says.

        Raises
        ------
        UsageError
            where nothing in the store is called so, or the reason is empty.
        """
        return self._cohorts.decide(name, uid, "include", reason, by=by)

    def exclude_from_cohort(self, name: str, uid: str, reason: str, *, by: str = "") -> Cohort:
        """Keep a node, and all that is under it, out of a cohort, whatever its question and its inclusions say."""
        return self._cohorts.decide(name, uid, "exclude", reason, by=by)

    def freeze_cohort(self, name: str, *, note: str = "", by: str = "") -> Snapshot:
        """Keep what a cohort holds now as an immutable snapshot, wholly or not at all."""
        return self._cohorts.freeze(name, note=note, by=by)

    def snapshot(self, ref: str) -> Snapshot:
        """A snapshot, ``NAME@NUMBER``; ``NAME``: the newest of that cohort."""
        return self._cohorts.snapshot(ref)

    def snapshot_entries(
        self, ref: str, level: str | None = None, *, limit: int = 1000, after: str | None = None
    ) -> Entries:
        """A page of what a snapshot holds at a level (default: its own); ``after`` is the last page's ``next``."""
        return self._cohorts.entries(ref, level, limit=limit, after=after)

    def snapshot_condition(self, ref: str) -> Condition:
        """What has become of a snapshot's objects: which are gone from the store, which were replaced."""
        return self._cohorts.condition(ref)

    def diff_cohort(self, name: str, old: int | None = None, new: int | None = None) -> Diff:
        """What changed from one snapshot (default: the newest) to another (default: what the cohort holds now)."""
        return self._cohorts.diff(name, old, new)

    def restore_cohort(self, ref: str, *, by: str = "") -> Cohort:
        """Take question, level and curation of a snapshot back."""
        return self._cohorts.restore(ref, by=by)

    def declared_tags(self) -> list[DeclaredTag]:
        """The attributes of the header that ``attribute:`` filters by (semantics 4.7), properties apart."""
        from ..graph.declared import listed

        return listed(self._store.engine)

    def declare_tags(self, names: Sequence[str], *, progress: Progress | None = None) -> Reread:
        """Declare attributes, and read them from the kept headers; what was stopped goes on when called again.

        Raises
        ------
        UsageError
            where a name is none of an attribute that can be compared, or one that filters always.
        """
        from ..ingest.reread import declare

        return declare(self._store, names, progress=progress)

    def forget_tags(self, names: Sequence[str], *, progress: Progress | None = None) -> Reread:
        """Forget attributes and remove their values from the graph; the kept headers stay."""
        from ..ingest.reread import forget

        return forget(self._store, names, progress=progress)

    def upgrade(self, *, progress: Progress | None = None) -> Reread:
        """Read kept headers again where an older version read them, or where a run was stopped."""
        from ..ingest.reread import upgrade

        return upgrade(self._store, progress=progress)

    def snapshot_file(self, ref: str, uid: str, file: Path | str) -> Taken:
        """Write one object of a snapshot, by its SOP Instance UID, into a file that appears whole.

        Raises
        ------
        NotFound
            where the snapshot does not hold it; ObjectsMissing where no file has it any more.
        """
        from ..export.origin import Here
        from ..export.written import Missing, ObjectsMissing

        frozen = self._cohorts.frozen(ref, uid)
        with Here(self._store) as origin:
            taken = origin.take_alone(frozen, Path(file))
        if isinstance(taken, str):
            raise ObjectsMissing([Missing(uid, taken)], taken)
        return taken

    def export_cohort(
        self,
        ref: str,
        folder: Path | str,
        format: Format = "dicom",
        *,
        skip_missing: bool = False,
        progress: Progress | None = None,
    ) -> Written:
        """Write the objects of a snapshot (``NAME@NUMBER``; ``NAME``: the newest) into a folder.

        ``dicom`` copies their files, ``manifest`` only says where they lie; either writes manifest.json and
        manifest.csv. What was stopped goes on when called again, and a folder that is complete is checked file by file.

        Raises
        ------
        ObjectsMissing
            where objects can't be had any more; ``skip_missing`` leaves them out, named in the manifest.
        """
        from ..export.origin import Here
        from ..export.run import export
        from ..export.source import snapshot

        with snapshot(self._cohorts, ref) as source, Here(self._store) as origin:
            return export(origin, source, Path(folder), format, skip_missing=skip_missing, progress=progress)

    def stats(self) -> Stats:
        """Counts of nodes, edges and codes, unresolved references, flagged codes."""
        from ..graph.reading.digest import stats

        return stats(self._store.engine)

    def digest(self) -> str:
        """SHA-256 over all nodes and edges, without times, ordinals and locations."""
        from ..graph.reading.digest import digest

        return digest(self._store.engine)

    def check(self) -> list[Problem]:
        """Recompute what is derived and list every difference from what is stored."""
        from ..ingest.recheck import check

        return check(self._store)

    def backup(self, file: Path | str) -> None:
        """Write the whole store into one file, from which ``restore`` makes it again on either engine."""
        from ..graph.store.backup import backup

        backup(self._store, Path(file))

    @property
    def _cohorts(self) -> Shelf:
        if self._shelf is None:
            from ..cohorts.shelf import Shelf

            self._shelf = Shelf(self._store.engine, self._store.registry_path)
        return self._shelf


def steadily(client: Client, function: Callable[[], T], *, again: bool = True) -> tuple[T, int | None]:
    """What a function that only reads a client's store gives, and the one version of the store that all of it saw; None
    where, on Neo4j, others left it no time for that. There it may be called ``again``.
    """
    from ..graph.steady import TRIES, steadily

    return steadily(client._store.engine, function, tries=TRIES if again else 1)
