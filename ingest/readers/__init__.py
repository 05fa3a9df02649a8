"""Readers: a pydicom Dataset in, facts out, no I/O.

`read` says of any object what the graph holds of it: hierarchy, properties, codes, children, references and the kept
header. A new kind of object is one more file here and one line in `read`.
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from ...dicom import header
from ...dicom.sequences import Level
from ...errors import ReadError
from ...graph.facts import InstanceFacts
from .annotations import ANNOTATION_GROUP_SEQUENCE, read_annotation_groups
from .attributes import read_attributes
from .body_part import read_body_part
from .coded import private_schemes
from .common import ReadContext, begin_level
from .content.descent import add_last_descendants
from .elsewhere import ACQUISITION_CONTEXT_SEQUENCE, WAVEFORM_ANNOTATION_SEQUENCE, read_items_elsewhere
from .frames import read_frames
from .linked import read_linking_frames
from .rejection import read_rejection
from .report import read_report
from .segmentation import read_segments
from .sequences import CONCEPT_NAME_CODE_SEQUENCE, CONTENT_SEQUENCE, SEGMENT_SEQUENCE, read_sequences
from .structure_set import ROI_SEQUENCES, read_rois
from .waveform import WAVEFORM_SEQUENCE, read_channels

__all__ = ["ReadContext", "read"]


_OF_PARTS = {WAVEFORM_SEQUENCE, ANNOTATION_GROUP_SEQUENCE, *ROI_SEQUENCES}
_OF_CHILDREN = _OF_PARTS | {SEGMENT_SEQUENCE, WAVEFORM_ANNOTATION_SEQUENCE, ACQUISITION_CONTEXT_SEQUENCE}
"""What becomes children, read in their own way."""


def read(ds: Dataset, context: ReadContext, source: bytes = b"") -> InstanceFacts:
    """Read one object.

    Parameters
    ----------
    ds
        As read with ``stop_before_pixels=True``. It should be fresh from the file: what pydicom has not yet decoded is
        kept and read as it stands, which is faster and exact.
    source
        The file's bytes up to its pixels, where they are at hand and few: see `header.encode`.

    Raises
    ------
    ReadError
        where SOP Class, SOP Instance, Study or Series Instance UID is lacking, or sequences are nested deeper than
        they can be read.
    """
    try:
        encoded = header.encode(ds, source)
        level = Level.of(ds)
        facts = begin_level(level, context)
        facts.header = header.compress(encoded)
        facts.attributes = read_attributes(level, context.declared)
        facts.private_schemes = private_schemes(ds)
        facts.instance["headerDigest"] = header.digest_of(encoded)
        is_tree = CONTENT_SEQUENCE in ds or facts.instance["kind"] in ("report", "keyObject")
        tree = {CONTENT_SEQUENCE, CONCEPT_NAME_CODE_SEQUENCE} if is_tree else set()
        read_frames(level, facts)
        read_sequences(facts, level, _OF_CHILDREN | tree)
        read_body_part(level, facts)
        read_segments(level, facts)
        if not _OF_PARTS.isdisjoint(level.entries):
            read_rois(ds, facts)
            read_channels(ds, facts)
            read_annotation_groups(ds, facts)
        if is_tree:
            read_report(ds, facts)
            read_rejection(facts)
        read_items_elsewhere(level, facts)
        add_last_descendants(facts.children)
        read_linking_frames(facts)
    except RecursionError:
        raise ReadError("its sequences are nested too deeply to be read") from None
    return facts
