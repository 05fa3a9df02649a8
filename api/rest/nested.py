"""What a nested page is asked to show, as JSON: names, which are looked up here and nowhere else become Cypher."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from ...errors import UsageError
from ...graph import schema
from ...queries.answers.wanted import FIRST, Wanted
from ...queries.cypher.order import Order, order
from ...queries.language.conditions import nearest
from ...queries.language.relations import LEVELS, UNRESOLVED, Relation, relations, unresolved
from .documents import BOTH, Document, taken

T = TypeVar("T")


class Shown(BaseModel):
    """Nodes to show: of the question's root or, in `below`, of a relation."""

    model_config = taken(name="patients", label="Patient", properties={"sex": "patientSex"})

    name: str = Field(description="What they are called in the answer.")
    label: str = Field(description="Of the root's nodes; of others the relation says it.")
    relation: str | None = Field(None, description="From the nodes above.", examples=["series"])
    basis: str = Field("", description="Only references of that basis.")
    properties: dict[str, str] = Field(default_factory=dict, description="Name in the answer → property.")
    codes: list[str] = Field(default_factory=list, description="Coded edges to follow.", examples=[["TYPE"]])
    concepts: list[str] = Field(default_factory=list, description="Properties of the concepts that they lead to.")
    first: int = Field(FIRST, ge=0)
    after: str | None = None
    all: bool = Field(False, description="Whether those too that the question did not match.")
    below: list[Shown] = Field(default_factory=list)

    def read(self, above: str | None = None) -> Wanted:
        """What is wanted, below nodes of the label ``above``.

        Raises
        ------
        UsageError
            where a name is none; says which is nearest.
        """
        relation = None if above is None else self._relation(above)
        label = relation.target if relation else _one({each.label: each.label for each in LEVELS}, self.label, "label")
        columns = {each.name: each.name for each in schema.node(label).columns}
        coded = {each.type: each for each in schema.EDGES if each.field and label in (pair[0] for pair in each.pairs)}
        concept = {each.name: each.name for each in schema.node("Concept").columns}
        return Wanted(
            self.name,
            label,
            relation,
            tuple((shown, _one(columns, name, f"property of {label}")) for shown, name in self.properties.items()),
            _all(coded, self.codes, f"coded edge of {label}"),
            _all(concept, self.concepts, "property of Concept"),
            self.first,
            self.after,
            self.all,
            tuple(each.read(label) for each in self.below),
        )

    def _relation(self, above: str) -> Relation:
        known = dict(relations(above))
        if missing := unresolved(above):
            known[UNRESOLVED] = missing
        found: Relation = _one(known, self.relation or "", f"relation of {above}")
        return found.by(self.basis) if self.basis else found


class Sorted(BaseModel):
    """The order of the root's nodes."""

    by: str = Field(examples=["studyDate"])
    descending: bool = False

    def read(self, label: str) -> Order:
        """The order of nodes with a label."""
        return order(label, self.by, descending=self.descending)


class NestedPage(BaseModel):
    """A question, and what to show of each node."""

    model_config = taken(document=BOTH, wanted={"name": "patients", "label": "Patient"})

    document: Document
    wanted: Shown
    order: Sorted | None = None
    total: bool = True
    evidence: bool = False
    warnings: bool = False


def _all(known: Mapping[str, T], names: Iterable[str], kind: str) -> tuple[T, ...]:
    return tuple(_one(known, name, kind) for name in names)


def _one(known: Mapping[str, Any], name: str, kind: str) -> Any:
    if name not in known:
        near = nearest(name, list(known))
        raise UsageError(f"{name!r} is no {kind}" + (f"; did you mean {near!r}?" if near else ""))
    return known[name]
