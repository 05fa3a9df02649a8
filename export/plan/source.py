"""Where else objects may be had: a DICOMweb service, or addresses made of their identities."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from urllib.parse import quote, urlsplit, urlunsplit

from ...dicom.location import place
from ...errors import UsageError
from .model import PlannedObject

WEB = ("http", "https")
STORES = ("s3", "gs", "az")
NAMES = ("patientID", "studyInstanceUID", "seriesInstanceUID", "sopInstanceUID")
_INSTANCE = "/studies/{studyInstanceUID}/series/{seriesInstanceUID}/instances/{sopInstanceUID}"
_OF_AN_INSTANCE = re.compile(r"/studies/[0-9.]+/series/[0-9.]+/instances/[0-9.]+/?")


def is_remote(uri: str) -> bool:
    """Whether bytes come over the network."""
    return uri.partition("://")[0].lower() in (*WEB, *STORES)


def is_instance(uri: str) -> bool:
    """Whether a web address is an instance of a DICOMweb service (PS3.18 10.4)."""
    return _OF_AN_INSTANCE.search(urlsplit(uri).path) is not None


def without_secrets(uri: str) -> str:
    """A URI as it may be shown: without what often grants access, a query."""
    parts = urlsplit(uri)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")) if parts.query else uri


@dataclass(frozen=True, slots=True)
class Source:
    """A template of URIs, with any of ``NAMES`` in braces."""

    template: str

    def uri(self, wanted: PlannedObject, patient_id: str) -> str:
        """Where it has an object; every value is percent-encoded."""
        values = (patient_id, wanted.study, wanted.series, wanted.sop_instance_uid)
        return self.template.format(**{n: quote(v, safe="") for n, v in zip(NAMES, values, strict=True)})


def source(text: str) -> Source:
    """What an address means: one without braces is the base of a DICOMweb service, a path is one of this machine.

    Raises
    ------
    UsageError
        where it is no address, would hold a password, or is the same for all objects.
    """
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    example = "https://pacs.example/dicom-web or s3://bucket/{studyInstanceUID}/{sopInstanceUID}.dcm"
    if scheme not in (*WEB, *STORES, "file", ""):
        raise UsageError(f"objects can't be had from {text!r}; expected an address such as {example}")
    if "@" in urlsplit(text).netloc:
        raise UsageError("an address of objects holds a user's name; give it in the environment, COHORTGRAPH_FROM_USER")
    try:
        named = {name for _, name, form, turn in Formatter().parse(text) if name is not None and (not form, not turn)}
    except ValueError as error:
        raise UsageError(f"{text!r} is no template of addresses ({error}); expected such as {example}") from None
    if unknown := sorted(named - {*NAMES}):
        raise UsageError(f"{text!r} names {unknown[0]!r}; expected of {', '.join(NAMES)}")
    if not named and scheme in WEB:
        if urlsplit(text).query:
            raise UsageError(f"{without_secrets(text)} has a query; expected the base of a DICOMweb service")
        return Source(text.rstrip("/") + _INSTANCE)
    if "sopInstanceUID" not in named:
        raise UsageError(f"{text!r} does not name the object; expected such as {example}")
    if not scheme:
        outside, *inside = re.split(r"(\{\w+\})", text)
        return Source(place(Path(outside)).uri + ("/" if outside.endswith("/") else "") + "".join(inside))
    return Source(text)
