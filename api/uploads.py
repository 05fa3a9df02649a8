"""Multipart bodies, taken part by part onto the disk: memory stays bounded however large a file is."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

import anyio
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from ..errors import UsageError
from .errors import Refused

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

ROOM_BYTES = 1 << 30
"""What stays free on the disk."""
_NAME = 255
_EVERY = 64 << 20


async def receive(request: Request, folder: Path) -> int:
    """Write the files of a multipart request into a folder, each under the name it was sent with; how many.

    Raises
    ------
    UsageError
        where the body is not multipart, has no file, or two of one name.
    Refused
        where the disk has too little room.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise Refused(
            415, "unsupported_media_type", "send files as multipart/form-data, such as curl -F files=@FILE does"
        )
    files = _Files(folder)
    parser = MultipartParser(boundary, files.callbacks())
    try:
        async for chunk in request.stream():
            if chunk:
                await anyio.to_thread.run_sync(parser.write, chunk)
                files.check_room(len(chunk))
        parser.finalize()
    except MultipartParseError as error:
        raise UsageError(f"the body is no whole multipart message: {error}") from error
    finally:
        files.close()
    if not files.complete:
        raise UsageError("the body ends before its last boundary; send it again")
    if not files.names:
        raise UsageError("the body has no file; send each as a part with a file name")
    return len(files.names)


class _Files:
    """Takes the parser's events."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._field = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._file: IO[bytes] | None = None
        self._unchecked = _EVERY
        self.names: set[str] = set()
        self.complete = False

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self.close,
            "on_end": self._end,
        }

    def check_room(self, written: int) -> None:
        self._unchecked += written
        if self._unchecked >= _EVERY:
            self._unchecked = 0
            if shutil.disk_usage(self._folder).free < ROOM_BYTES:
                raise Refused(507, "no_room", "the server's disk is nearly full; make room there")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self._headers = {}

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        given = options.get(b"filename")
        if given is None:
            raise UsageError("a part of the body is no file; what else there is to say goes into the URL")
        name = safe_name(given.decode("utf-8", "surrogateescape"))
        if name in self.names:
            raise UsageError("two files of the body have one name; give each another, folders and all")
        self.names.add(name)
        path = self._folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("xb")
        except OSError as error:
            raise UsageError(f"a file of the body can't be kept under its name: {error.strerror}") from error

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])

    def _end(self) -> None:
        self.complete = True


def safe_name(given: str) -> str:
    """A relative path below the folder, whatever a client calls its file.

    Raises
    ------
    UsageError
        where nothing is left of it, or it leads out of the folder.
    """
    parts = PurePosixPath(given.replace("\\", "/")).parts
    if not parts or any(
        part in ("/", "..") or "\0" in part or len(part.encode(errors="replace")) > _NAME for part in parts
    ):
        raise UsageError("a file of the body has a name that leads elsewhere; give a plain name or a relative path")
    return "/".join(parts)
