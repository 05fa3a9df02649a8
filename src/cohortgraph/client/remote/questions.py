"""What a store is asked, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...errors import NotFound
from ...queries.answers.ask import Answer
from ...queries.answers.nested import Answer as NestedAnswer
from ...queries.answers.nested import Nodes
from ...queries.answers.tree import Tree
from ...queries.counts.facets import Facet
from ...queries.counts.overlap import Overlap
from ...queries.explain import Explanation
from ...queries.handwritten.guard import Rows
from ..decode import decoded, nested
from ..documents import Document
from .arrow import batches, table
from .connected import Connected
from .http import as_json, segment

if TYPE_CHECKING:
    import pyarrow as pa

    from ...queries.answers.wanted import Wanted
    from ...queries.cypher.order import Order


_PAGE = 10_000
"""The most hits that a server answers at once."""
_CUT = "X-Rows-Cut"


class Questions(Connected):
    """Asking."""

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
