"""Bulk values are marks wherever they are kept."""

from __future__ import annotations

import hashlib

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from cohortgraph.dicom.bulk import BULK, bulk
from cohortgraph.dicom.elements import from_json, to_json
from cohortgraph.dicom.header import keep, restore


def test_json_holds_what_the_kept_header_holds() -> None:
    value = bytes(range(256)) * 5
    ds = Dataset()
    ds.add(DataElement(0x00091001, "UN", value))
    ds.add(DataElement(0x00091002, "OB", value[:BULK]))
    ds.set_original_encoding(False, True, "iso8859")
    inline = from_json(to_json(ds))
    assert bulk(inline[0x00091001].value) == (hashlib.sha256(value).hexdigest(), len(value))
    assert inline[0x00091002].value == value[:BULK]
    assert to_json(ds) == to_json(restore(keep(ds)))
