"""Questions, and what else is read of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..documents import Document
from .opened import Opened

if TYPE_CHECKING:
    import pyarrow as pa

    from ...queries.answers.ask import Answer
    from ...queries.answers.nested import Answer as NestedAnswer
    from ...queries.answers.nested import Nodes
    from ...queries.answers.tree import Tree
    from ...queries.answers.wanted import Wanted
    from ...queries.counts.facets import Facet
    from ...queries.counts.overlap import Overlap
    from ...queries.cypher.order import Order
    from ...queries.explain import Explanation
    from ...queries.handwritten.guard import Rows


class Questions(Opened):
    """What is asked of a store."""

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
        from ...queries import ask

        return ask(self._store.engine, document, level=level, evidence=evidence, limit=limit, after=after)

    def stream(self, document: Document, *, level: str | None = None) -> pa.RecordBatchReader:
        """What :meth:`query` lists, all of it, as Arrow batches that are read as they are taken: for long answers.

        Raises
        ------
        QuestionError
            where the document is not valid.
        """
        from ...queries.answers.stream import stream

        return stream(self._store.engine, document, level=level)

    def count(self, document: Document, *, level: str | None = None) -> int:
        """How many nodes at ``level`` the question finds."""
        from ...queries import count

        return count(self._store.engine, document, level=level)

    def explain(self, document: Document, *, level: str | None = None) -> Explanation:
        """How the question is understood: intermediate form, resolved codes, Cypher and the engine's plan."""
        from ...queries import explain

        return explain(self._store.engine, document, level=level)

    def facets(self, document: Document, by: str) -> Facet:
        """Count the question's hits by a property or code: ``modality``, ``segments.type``, ``items.number`` …

        Over the children that matched and, beside it, over everything that belongs to the same patients.

        Raises
        ------
        UsageError
            where ``by`` names no property or code; says which is nearest.
        """
        from ...queries import facets

        return facets(self._store.engine, document, by)

    def overlap(self, documents: Mapping[str, Document], *, level: str | None = None) -> Overlap:
        """Count every combination of up to 12 named questions at ``level``: their common root, else patients."""
        from ...queries import overlap

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
        from ...queries.answers.nested import page

        engine = self._store.engine
        return page(engine, document, wanted, order=order, total=total, evidence=evidence, warnings=warnings)

    def validate(self, document: Document) -> list[str]:
        """Check a document against this store without asking it; its warnings.

        Raises
        ------
        QuestionError
            where it is not valid; names the path in it and the nearest valid name.
        """
        from ...queries import load, parse, vocabulary

        return list(parse(load(document), vocabulary(self._store.engine)).warnings)

    def concept(self, code: str) -> dict[str, Any] | None:
        """A concept by its code, ``SCT:87878005``: id, meaning, what the store says of it; None where it is unknown."""
        from ...queries.answers.concepts import concept

        return concept(self._store.engine, code)

    def concepts(self, condition: Mapping[str, Any], *, first: int = 100, after: str | None = None) -> Nodes:
        """The store's concepts that a condition asks for, ``{isA: …}``, ``{memberOf: …}`` …, by id."""
        from ...queries.answers.concepts import concepts

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
        from ...queries.handwritten.guard import run

        return run(self._store.engine, statement, parameters, limit=limit, timeout=timeout)

    def show(self, identifier: str) -> Tree:
        """The readable tree of a patient, study, series or object."""
        from ...queries.answers.tree import tree

        return tree(self._store.engine, identifier)
