"""Body Part Examined as an ANATOMY edge (semantics 4.7), by Annex L of PS3.16."""

from __future__ import annotations

from ...dicom.sequences import Level
from ...graph.facts import Coded, ConceptSeen, InstanceFacts, Properties
from ...ontology.body_parts import body_part
from .sequences import laterality

KEYWORD = "BodyPartExamined"


def read_body_part(level: Level, facts: InstanceFacts) -> None:
    """Add the concept of an object's Body Part Examined, unless a code sequence says it already.

    What Annex L lacks stays a text of the Series.
    """
    found = body_part(str(facts.series.get("bodyPartExamined") or ""))
    if found is None or any(code.type == "ANATOMY" and code.concept == found.concept for code in facts.codes):
        return
    properties: Properties = {"codeMeaning": found.meaning, "path": KEYWORD}
    if side := laterality(level):
        properties["laterality"] = side
    facts.codes.append(Coded("ANATOMY", found.concept, properties))
    facts.concepts.setdefault(found.concept, ConceptSeen()).meanings.add(found.meaning)
