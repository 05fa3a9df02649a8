"""What a kept header does not tell, and an object that is read again from it keeps."""

from __future__ import annotations

from ..graph.asking import ask, ids
from ..graph.engine import Engine
from ..graph.facts import InstanceFacts

_MEASURES = ("voxelCount", "volume", "area", "boundingBox")
_OF_THE_FILE = ("measurement", "warnings", "transferSyntaxUID", "photometricInterpretation", "lossyImageCompression")


def keep_measures(engine: Engine, facts: InstanceFacts) -> None:
    """What was measured of the voxels, and what a file says beside its header, is not read again."""
    returned = ", ".join(f"i.{each} AS {each}" for each in _OF_THE_FILE)
    (row,) = ask(engine, f"MATCH (i:Instance {{id: r.id}}) RETURN {returned}", ids([facts.sop_instance_uid]))
    facts.instance.update({each: row[each] for each in _OF_THE_FILE if row[each] is not None})
    returned = ", ".join(f"s.{each} AS {each}" for each in _MEASURES)
    query = f"MATCH (i:Instance {{id: r.id}})-[:HAS_SEGMENT]->(s:Segment) RETURN s.position AS position, {returned}"
    measured = {row["position"]: row for row in ask(engine, query, ids([facts.sop_instance_uid]))}
    for child in facts.children:
        if child.label == "Segment":
            row = measured.get(child.position, {})
            child.properties.update({each: row[each] for each in _MEASURES if row.get(each) is not None})
