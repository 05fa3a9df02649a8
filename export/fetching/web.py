"""Objects over HTTP: resources of a web server, resumed by ranges, and instances of a DICOMweb service (PS3.18)."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from ...errors import ReadError
from ..plan.source import is_instance
from ..unwritable import unwritable
from .tries import Later, seconds_of, tried

FROM_URL, TOKEN = "COHORTGRAPH_FROM_URL", "COHORTGRAPH_FROM_TOKEN"
USER, PASSWORD = "COHORTGRAPH_FROM_USER", "COHORTGRAPH_FROM_PASSWORD"
_DICOM = 'multipart/related; type="application/dicom"; transfer-syntax=*'  # as it is stored (PS3.18 8.7.3.5.2)
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_WAIT_S = 60.0


@cache
def _client() -> httpx.Client:
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses with their queries
    return httpx.Client(timeout=_WAIT_S, follow_redirects=True, headers={"Accept-Encoding": "identity"})


def download(uri: str, file: Path) -> None:
    """Bring what a web address names into a file.

    Raises
    ------
    ReadError
        where it can't be had, and why.
    """
    with file.open("wb") as target:
        if is_instance(uri):
            tried(lambda: _instance(uri, target))
        else:
            seen: list[str] = []
            tried(lambda: _resource(uri, target, seen))


class _Changed(Later):
    """What came before is no part of it any more."""


def _resource(uri: str, target: BinaryIO, seen: list[str]) -> None:
    try:
        _rest(uri, target, seen)
    except _Changed:
        seen.clear()  # the next try begins again
        raise


def _rest(uri: str, target: BinaryIO, seen: list[str]) -> None:
    """The rest of a resource: of the same representation as what came before, else all of it."""
    held = target.tell()
    # Without a validator nothing tells whether the rest is of the same bytes (RFC 9110 13.1.5).
    asked = {"Range": f"bytes={held}-", "If-Range": seen[0]} if held and seen else {}
    with _answer(uri, {"Accept": "*/*"} | asked) as answer:
        if not answer.headers.keys() & {"content-length", "transfer-encoding"}:
            raise ReadError("the server does not tell where its answer ends, so that a cut one would pass for whole")
        if answer.status_code != httpx.codes.PARTIAL_CONTENT or not asked:
            target.seek(0)
            target.truncate()
        elif not answer.headers.get("Content-Range", "").startswith(f"bytes {held}-"):
            raise ReadError("the server answers another range than it is asked for")
        validator = answer.headers.get("ETag", "")
        seen[:] = [validator] if validator and not validator.startswith("W/") else []
        for block in answer.iter_raw():
            _write(target, block)


def _instance(uri: str, target: BinaryIO) -> None:
    target.seek(0)
    target.truncate()
    with _answer(uri, {"Accept": _DICOM}) as answer:
        kind, options = parse_options_header(answer.headers.get("Content-Type"))
        if kind == b"application/dicom":
            for block in answer.iter_raw():
                _write(target, block)
        elif kind == b"multipart/related" and options.get(b"boundary"):
            _part(answer, options[b"boundary"], target)
        else:
            raise ReadError(f"the service answers {kind.decode('latin-1') or 'nothing'} and no DICOM object")


def _part(answer: httpx.Response, boundary: bytes, target: BinaryIO) -> None:
    """The one part of a multipart answer."""
    counts = {"parts": 0, "ends": 0}

    def begin() -> None:
        counts["parts"] += 1

    def data(block: bytes, start: int, end: int) -> None:
        if counts["parts"] == 1:
            _write(target, block[start:end])

    def end() -> None:
        counts["ends"] += 1

    parser = MultipartParser(boundary, {"on_part_begin": begin, "on_part_data": data, "on_end": end})
    try:
        for block in answer.iter_raw():
            parser.write(block)
    except FormParserError as error:
        raise ReadError(f"the service's answer is no valid multipart message ({error})") from None
    if not counts["ends"]:
        raise Later("the service's answer ends early")
    if counts["parts"] != 1:
        raise ReadError(f"the service answers {counts['parts']} objects; expected one")


@contextmanager
def _answer(uri: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
    """An answer that has the object, whose body is read inside."""
    try:
        with _client().stream("GET", uri, headers=headers | _authorization(uri)) as answer:
            if answer.status_code in _BUSY:
                after = seconds_of(answer.headers.get("Retry-After"))
                raise Later(f"the server answers {answer.status_code} {answer.reason_phrase}", after)
            if answer.status_code in (401, 403):
                raise ReadError(f"the server answers {answer.status_code}; set {FROM_URL} with {TOKEN}, or {USER}")
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and "Range" in headers:
                raise _Changed("the server has less of it than before")
            if not answer.is_success:
                raise ReadError(f"the server answers {answer.status_code} {answer.reason_phrase}".rstrip())
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise ReadError("the server encodes its answer, which was not asked for")
            yield answer
    except (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError) as error:
        raise Later(f"the connection fails: {type(error).__name__}") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ReadError(f"it can't be asked for: {type(error).__name__}") from error


def _authorization(uri: str) -> dict[str, str]:
    """The credentials of the environment, for the one server that they are for."""
    named = os.environ.get
    base = named(FROM_URL, "")
    if not base or _origin(base) != _origin(uri):
        return {}
    if token := named(TOKEN):
        return {"Authorization": f"Bearer {token}"}
    if user := named(USER):
        request = next(httpx.BasicAuth(user, named(PASSWORD, "")).auth_flow(httpx.Request("GET", uri)))
        return {"Authorization": request.headers["Authorization"]}
    return {}


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _write(target: BinaryIO, block: bytes) -> None:
    try:
        target.write(block)
    except OSError as error:
        raise unwritable(Path(target.name), error.strerror or str(error)) from error
