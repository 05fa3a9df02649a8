"""Every object that a plain walk over a file finds referred to is a reference of what is read of it (semantics 4.1)."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pydicom.data
import pytest

from cohortgraph.dicom.content import content
from cohortgraph.errors import ReadError
from cohortgraph.ingest.readers import ReadContext, read

from .walker import references

PYDICOMS = Path(pydicom.data.__file__).parent


@pytest.mark.filterwarnings("ignore")
def test_every_reference_of_the_real_files_is_read(shared_data: Path) -> None:
    looked, lost = 0, []
    for path in sorted(each for folder in (shared_data, PYDICOMS) for each in folder.rglob("*") if each.is_file()):
        with path.open("rb") as stream:
            if content(stream) != "dicom":
                continue
        try:
            wanted = references(path)
            facts = read(pydicom.dcmread(path, stop_before_pixels=True, force=True), ReadContext("real"))
        except ReadError:
            continue
        except Exception:  # what pydicom can't read is not for the readers to refuse
            continue
        looked += len(wanted)
        found = {each.sop_instance_uid for each in facts.references}
        lost += [f"{path.name}: {uid}" for uid in wanted - found]
    assert lost == []
    assert looked > 1000
