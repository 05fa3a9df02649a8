"""The Frames of Reference that link an object which names no image to images (semantics 4.2)."""

from __future__ import annotations

from ...graph.facts import InstanceFacts, Reference
from ...graph.writing.ties import WELL_KNOWN_FRAMES
from .kinds import kind_of


def read_linking_frames(facts: InstanceFacts) -> None:
    """Its own Frame of Reference, and those of its ROIs and 3D regions; none where it names a series or an image."""
    if facts.instance["kind"] == "image" or any(map(_may_name_images, facts.references)):
        return
    found = {facts.instance.get("frameOfReferenceUID")}
    found.update(child.properties.get("referencedFrameOfReferenceUID") for child in facts.children)
    uids = sorted(str(uid) for uid in found if uid)
    facts.frames = tuple(uid for uid in uids if not uid.startswith(WELL_KNOWN_FRAMES))


def _may_name_images(reference: Reference) -> bool:
    """Whether it leads to a series, or to an object of which no SOP Class says that it is no image."""
    sop_class = str(reference.properties.get("sopClassUID") or "")
    return bool(reference.series_instance_uid) or not sop_class or kind_of(sop_class) == "image"
