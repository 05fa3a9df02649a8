"""Cohorts: read as fields of Query, changed by mutations; each is one method of the client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from strawberry.types.field import StrawberryField

from ...client import Client
from ...cohorts.diff import Diff
from ...cohorts.model import Cohort, Snapshot
from .making import Types
from .results import mirror

Fields = dict[str, tuple[str, StrawberryField]]
Arguments = dict[str, str]


class Operation(NamedTuple):
    """A method of the client as a field: what it is called there, what it gives and does, its arguments."""

    method: str
    gives: str
    doc: str
    arguments: Arguments


_NAME: Arguments = {"name": "String!"}
_REF: Arguments = {"ref": "String!"}
_BY: Arguments = {"by": "String"}
_DECISION = _NAME | {"uid": "String!", "reason": "String!"} | _BY
_ABOUT: Arguments = {"level": "String", "notes": "String", "owner": "String"}

QUERIES = {
    "cohorts": Operation("cohorts", "[Cohort!]!", "Every cohort, by name.", {}),
    "cohort": Operation("cohort", "Cohort!", "One cohort: question, curation, snapshots, history.", _NAME),
    "snapshot": Operation("snapshot", "Snapshot!", "A snapshot, `NAME@NUMBER`; `NAME`: the newest.", _REF),
    "diffCohort": Operation(
        "diff_cohort",
        "Diff!",
        "What changed between two snapshots, and why; `old` is the newest and `new` what the cohort holds now.",
        _NAME | {"old": "Int", "new": "Int"},
    ),
}
MUTATIONS = {
    "createCohort": Operation(
        "create_cohort", "Cohort!", "Save a filter document under a name.", _NAME | {"document": "JSON!"} | _ABOUT
    ),
    "changeCohort": Operation(
        "change_cohort", "Cohort!", "Give a cohort another question, level …", _NAME | {"document": "JSON"} | _ABOUT
    ),
    "freezeCohort": Operation(
        "freeze_cohort", "Snapshot!", "Keep what a cohort holds now as a snapshot.", _NAME | {"note": "String"} | _BY
    ),
    "includeInCohort": Operation(
        "include_in_cohort", "Cohort!", "Take a node into a cohort, whatever its question says.", _DECISION
    ),
    "excludeFromCohort": Operation(
        "exclude_from_cohort", "Cohort!", "Keep a node out of a cohort, whatever its question says.", _DECISION
    ),
    "restoreCohort": Operation(
        "restore_cohort", "Cohort!", "Take question, level and curation of a snapshot back.", _REF | _BY
    ),
    "deleteCohort": Operation("delete_cohort", "Boolean!", "Remove a cohort with all its snapshots.", _NAME),
}


def declare(types: Types, client: Client) -> tuple[Fields, Fields]:
    """Declare their types; the fields of Query and those of Mutation."""
    mirror(types, Snapshot, without={"next_ordinal"})
    mirror(types, Cohort)
    mirror(types, Diff)
    return _fields(types, client, QUERIES), _fields(types, client, MUTATIONS)


def _fields(types: Types, client: Client, operations: dict[str, Operation]) -> Fields:
    return {name: (each.gives, _field(types, client, name, each)) for name, each in operations.items()}


def _field(types: Types, client: Client, name: str, operation: Operation) -> StrawberryField:
    arguments = [types.argument(each, type_) for each, type_ in operation.arguments.items()]
    return types.field(name, operation.doc, resolver=_call(client, operation.method), arguments=arguments, cost=20)


def _call(client: Client, method: str) -> Callable[..., Any]:
    def call(**given: Any) -> Any:
        found = getattr(client, method)(**{name: each for name, each in given.items() if each is not None})
        return True if found is None else found

    return call
