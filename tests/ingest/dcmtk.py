"""Objects of kinds that no real file is at hand of, written by dcmtk: an independent writer, and its reader."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from .documents import written

GENERAL = {
    "ContentDate": "20260102",
    "ContentTime": "030405",
    "CompletionFlag": "COMPLETE",
    "VerificationFlag": "UNVERIFIED",
    "Manufacturer": "maker",
    "ManufacturerModelName": "model",
    "DeviceSerialNumber": "1",
    "SoftwareVersions": "1",
    "SeriesNumber": "1",
    "InstanceNumber": "1",
}
"""What dcmtk needs of any document."""

DSR_ITEM = re.compile(r"^([\d.]+)  <(?:([a-z ]+) )?([A-Z0-9]+):(?:\(([^,]*),([^,]*),(?:\"(.*?)\")?\))?(.*)$")
"""A line of dsrdump: position, relationship, value type, concept name's value, scheme and meaning, the value."""


def tool(name: str) -> str:
    """A program of dcmtk."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} of dcmtk is not installed")
    return path


def document_by_dcmtk(ds: Dataset, folder: Path) -> Path:
    """A document of these content items as dcmtk writes it, which refuses what its IOD forbids (PS3.3 A.35)."""
    for keyword, value in GENERAL.items():
        setattr(ds, keyword, value)
    drawn, xml, made = (folder / name for name in ("drawn.dcm", "drawn.xml", "written.dcm"))
    written(ds).save_as(drawn)
    _run("dsr2xml", drawn, xml)
    _run("xml2dsr", xml, made)
    return made


def dumped(text: str, folder: Path) -> Dataset:
    """The object that a dump in dcmtk's notation says."""
    dump, made = folder / "drawn.dump", folder / "written.dcm"
    dump.write_text(text)
    _run("dump2dcm", dump, made)
    return pydicom.dcmread(made)


def _run(name: str, *arguments: Path) -> None:
    done = subprocess.run([tool(name), *arguments], capture_output=True, text=True)
    assert not done.returncode and "E: " not in done.stderr, done.stderr


def items_by_dsrdump(path: Path) -> dict[str, tuple[str, str, str | None]]:
    """Position → relationship, value type and concept name of each content item, as dsrdump reads the file."""
    told = subprocess.run([tool("dsrdump"), "+Pn", "+Pc", "+U8", path], capture_output=True, text=True, check=True)
    found = [DSR_ITEM.match(line) for line in told.stdout.splitlines()]
    return {
        item[1]: ((item[2] or "").upper(), item[3], f"{item[5]}:{item[4]}" if item[4] else None)
        for item in found
        if item
    }
