"""Rejection notes: key-object documents that take objects out of use (IHE RAD TF-3 4.66.4.1.3, CID 7011)."""

from __future__ import annotations

from ...graph.facts import InstanceFacts, Reference

TITLES = frozenset({"DCM:113001", "DCM:113037", "DCM:113038", "DCM:113039"})
"""Rejected for quality reasons, for patient safety reasons; incorrect worklist entry; retention period expired."""


def read_rejection(facts: InstanceFacts) -> None:
    """Add a reference of basis ``rejection`` to each object that the items of a rejection note name."""
    root = next((child for child in facts.children if child.label == "ContentItem" and child.parent is None), None)
    if facts.instance["kind"] != "keyObject" or root is None:
        return
    if not any(code.type == "NAME" and code.concept in TITLES for code in root.codes):
        return
    named = {
        reference.sop_instance_uid
        for reference in facts.references
        if reference.holder is not None and reference.sop_instance_uid
    }
    facts.references.extend(Reference(uid, properties={"basis": "rejection"}) for uid in sorted(named))
