"""DICOMDIR of a tree of objects: a File-set (PS3.10 8) of names that every reader of media takes.

File IDs have at most eight components of at most eight upper-case letters, digits and underscores (PS3.10 8.2), which
UIDs are not: the File-set has files of its own, ``DICOM/P0000001/T0000001/S0000001/I0000001``, hard links to those of
the tree. Records are written one after the other, so that memory does not grow with the objects.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from pydicom import config, dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.fileset import DIRECTORY_RECORDERS, _four_level_record_type
from pydicom.filewriter import write_dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MediaStorageDirectoryStorage

from ..ingest.reading import quiet
from .unwritable import unwritable

NAME, FILES = "DICOMDIR", "DICOM"
_LEVELS = (("PATIENT", "P"), ("STUDY", "T"), ("SERIES", "S"))
_NEXT, _LOWER = 16, 38
"""Where the offsets of the next and of the first lower record lie in an encoded record, its item's head included."""
_FIRST, _LAST = b"\x04\x00\x00\x12UL\x04\x00", b"\x04\x00\x02\x12UL\x04\x00"
_INVENTED: dict[str, dict[str, str]] = {
    "PATIENT": {"PatientID": "{number}"},
    "STUDY": {"StudyDate": "19000101", "StudyTime": "000000", "StudyID": "{number}"},
    "SERIES": {"Modality": "OT", "SeriesNumber": "{number}"},
}
"""What a record needs and objects may lack: as dcmtk's dcmmkdir invents it."""
_INVENTED_FOR_OBJECTS = {"InstanceNumber": "{number}"}


def write_dicomdir(folder: Path, paths: Iterable[str], identity: str) -> list[str]:
    """Write DICOMDIR and its File-set into a tree; warnings, each of an object that it leaves out.

    Parameters
    ----------
    paths
        The tree's files, ``PATIENT/STUDY/SERIES/OBJECT``, those of one folder together.
    identity
        What the UID of the File-set is made from: a digest in hexadecimal.
    """
    partial = folder / f"{NAME}.partial"
    shutil.rmtree(folder / FILES, ignore_errors=True)
    try:
        with partial.open("wb+") as file:
            warnings = _Records(file, folder, identity).write(paths)
        partial.replace(folder / NAME)
    except _NoLinks as error:
        shutil.rmtree(folder / FILES, ignore_errors=True)
        return [f"no {NAME} is written: the file system has no hard links ({error})"]
    except OSError as error:
        raise unwritable(folder / NAME, error.strerror or str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return warnings


class _NoLinks(Exception):
    """A file can't have a second name."""


class _Records:
    def __init__(self, file: BinaryIO, folder: Path, identity: str) -> None:
        self._file = file
        self._folder = folder
        head = _head(identity)
        self._first, self._last = (head.index(mark) + len(mark) for mark in (_FIRST, _LAST))
        self._items = len(head) + 12
        file.write(head + struct.pack("<HH2sHL", 0x0004, 0x1220, b"SQ", 0, 0))
        self._before = [0] * (len(_LEVELS) + 1)
        """Where the last record of each level begins under the one above it."""

    def write(self, paths: Iterable[str]) -> list[str]:
        warnings: list[str] = []
        at: list[str] = []
        numbers = [0] * (len(_LEVELS) + 1)
        for path in paths:
            *place, _ = path.split("/")
            same = next((n for n, pair in enumerate(zip(at, place, strict=False)) if pair[0] != pair[1]), len(at))
            now = [*numbers[:same], *(numbers[n] + 1 if n == same else 1 for n in range(same, len(numbers)))]
            names = [FILES, *(f"{mark}{n:07d}" for (_, mark), n in zip(_LEVELS, now, strict=False))]
            file_id = [*names, f"I{now[-1]:07d}"]
            try:
                records = self._records(path, same, now, file_id)
            except Exception as error:  # of damaged bytes, anything
                warnings.append(f"{path}: {NAME} leaves it out, as its header can't be told ({type(error).__name__})")
                continue
            self._link(path, file_id)
            for level, record in enumerate(records, start=same):
                self._end(level)
                self._put(level, record)
            at, numbers = place, now
        self._finish()
        return warnings

    def _records(self, path: str, same: int, numbers: list[int], file_id: list[str]) -> list[bytes]:
        """The records that an object adds: of the levels from ``same`` on, and its own."""
        with quiet():
            ds = dcmread(self._folder / path, stop_before_pixels=True, force=True)
            above = [_record(ds, _LEVELS[level][0], numbers[level]) for level in range(same, len(_LEVELS))]
            return [*above, _leaf(ds, _four_level_record_type(ds), numbers[-1], file_id)]

    def _link(self, path: str, file_id: list[str]) -> None:
        target = self._folder.joinpath(*file_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(self._folder / path, target)
        except OSError as error:
            raise _NoLinks(error.strerror or str(error)) from error

    def _put(self, level: int, record: bytes) -> None:
        begin = self._file.tell()
        if before := self._before[level]:
            self._set(before + _NEXT, begin)
        elif level:
            self._set(self._before[level - 1] + _LOWER, begin)
        else:
            self._set(self._first, begin)
        if not level:
            self._set(self._last, begin)
        self._before[level] = begin
        self._file.write(record)

    def _end(self, level: int) -> None:
        """What follows at the levels below is under another record."""
        self._before[level + 1 :] = [0] * (len(self._before) - level - 1)

    def _set(self, position: int, value: int) -> None:
        end = self._file.tell()
        self._file.seek(position)
        self._file.write(struct.pack("<L", value))
        self._file.seek(end)

    def _finish(self) -> None:
        self._set(self._items - 4, self._file.tell() - self._items)
        self._file.flush()
        os.fsync(self._file.fileno())


def _head(identity: str) -> bytes:
    made = UUID(bytes=bytes.fromhex(identity)[:16], version=5)
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    ds.file_meta.MediaStorageSOPInstanceUID = UID(f"2.25.{made.int}")
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.FileSetID = ""
    ds.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    ds.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    ds.FileSetConsistencyFlag = 0
    written = BytesIO()
    dcmwrite(written, ds, enforce_file_format=True)
    return written.getvalue()


def _record(ds: Dataset, kind: str, number: int, extra: Iterator[tuple[str, object]] | None = None) -> bytes:
    """An encoded directory record with the keys that PS3.3 F.5 asks for."""
    for name, value in _INVENTED.get(kind, _INVENTED_FOR_OBJECTS).items():
        if ds.get(name) in (None, ""):
            setattr(ds, name, value.format(number=number))
    record: Dataset = DIRECTORY_RECORDERS[kind](ds)
    if "ContentSequence" in record:  # a record tells what modifies the title, and nothing of the content (F.5.25)
        record.ContentSequence = [
            each for each in record.ContentSequence if each.get("RelationshipType") == "HAS CONCEPT MOD"
        ]
        if not record.ContentSequence:
            del record.ContentSequence
    record.OffsetOfTheNextDirectoryRecord = 0
    record.RecordInUseFlag = 0xFFFF
    record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    record.DirectoryRecordType = kind
    if ds.get("SpecificCharacterSet"):
        record.SpecificCharacterSet = ds.SpecificCharacterSet
    for keyword, told_of_it in extra or ():
        setattr(record, keyword, told_of_it)
    encoded = DicomBytesIO()
    encoded.is_little_endian, encoded.is_implicit_VR = True, False
    with config.disable_value_validation():
        write_dataset(encoded, record)
    data = encoded.getvalue()
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(data)) + data


def _leaf(ds: Dataset, kind: str, number: int, file_id: list[str]) -> bytes:
    meta = getattr(ds, "file_meta", Dataset())
    told = {
        "ReferencedFileID": file_id,
        "ReferencedSOPClassUIDInFile": ds.SOPClassUID,
        "ReferencedSOPInstanceUIDInFile": ds.SOPInstanceUID,
        "ReferencedTransferSyntaxUIDInFile": meta.get("TransferSyntaxUID") or "1.2.840.10008.1.2",
    }
    return _record(ds, kind, number, iter(told.items()))
