"""What a report says is there (semantics 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ....graph.facts import Child
from . import names
from .context import KEYS, Context, Key
from .nodes import Node

_FINDINGS = frozenset({"CONTAINS", "HAS PROPERTIES"})
_CONTEXT = frozenset({"HAS CONCEPT MOD", "HAS OBS CONTEXT", "HAS ACQ CONTEXT"})
_ELSEWHERE = names.FAMILY_HISTORY | names.PRIOR_STUDIES
_MODIFIERS = (KEYS.keys() - {names.FINDING}) | names.NOT_INHERITED | {names.FINDING_CATEGORY}
"""Names whose values say something of a finding and are none themselves."""


def shown(children: Sequence[Child], nodes: Sequence[Node], found: Sequence[Context]) -> Iterator[str]:
    """The concepts that a report shows, in document order; may repeat.

    Values that are valued and names that are affirmed, of items by CONTAINS or HAS PROPERTIES that are about the
    patient, outside family history and prior studies, and no part of a modifier or of a context.
    """
    outside: list[bool] = []
    for child, node, context in zip(children, nodes, found, strict=True):
        here = node.name in _ELSEWHERE or node.relationship_type in _CONTEXT
        outside.append(here or (node.parent is not None and outside[node.parent]))
        if outside[-1] or node.relationship_type not in _FINDINGS or node.name in _MODIFIERS:
            continue
        if not _about_patient(nodes, context):
            continue
        assertion = child.properties.get("assertion")
        if assertion == "valued":
            yield from (coded.concept for coded in child.codes if coded.type == "VALUE")
        elif assertion == "affirmed" and node.name:
            yield node.name


def _about_patient(nodes: Sequence[Node], context: Context) -> bool:
    if Key.SUBJECT_RELATIONSHIP in context:
        return False
    subject = context.get(Key.SUBJECT)
    return subject is None or all(nodes[source].value == names.PATIENT for source in subject.sources)
