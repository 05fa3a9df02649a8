"""Local files as one multipart body, made while it is sent: memory stays bounded, however large they are."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from ...errors import UsageError, WorkFailed
from ...ingest.outcome import Event, Progress

_BLOCK = 1 << 20
_EVENT_S = 0.1


@dataclass(frozen=True, slots=True)
class Sent:
    """A file, the name under which it is sent, and its bytes."""

    path: Path
    name: str
    size: int


class Upload:
    """All files under some paths.

    Each is sent as ``N/…``, N being the place of its path among them: so folders stay whole, and names apart.

    Raises
    ------
    UsageError
        where a path does not exist, or nothing lies there.
    """

    def __init__(self, paths: Sequence[Path | str], progress: Progress | None = None) -> None:
        self._roots = [Path(path).absolute() for path in paths]
        self._files = [sent for number, root in enumerate(self._roots) for sent in _found(root, number)]
        self._progress = progress
        self._boundary = uuid4().hex
        if not self._files:
            raise UsageError(f"no file lies in {', '.join(map(str, self._roots))}")

    @property
    def headers(self) -> dict[str, str]:
        """Of the request."""
        length = sum(len(self._head(each)) + each.size + 2 for each in self._files) + len(self._end)
        return {
            "Content-Type": f"multipart/form-data; boundary={self._boundary}",
            "Content-Length": str(length),
        }

    def body(self) -> Iterator[bytes]:
        """The body, in parts.

        Raises
        ------
        WorkFailed
            where a file changed or went since it was found.
        """
        began = told = time.monotonic()
        for done, each in enumerate(self._files):
            yield self._head(each)
            yield from _blocks(each)
            yield b"\r\n"
            if self._progress and (time.monotonic() - told > _EVENT_S or done + 1 == len(self._files)):
                told = time.monotonic()
                self._progress(Event("send", done + 1, len(self._files), told - began))
        yield self._end

    def here(self, uri: str, folder: str) -> str:
        """The URI of a sent file in the server's ``folder`` as that of the file here."""
        before, found, behind = uri.partition(f"{folder}/")
        number, _, rest = behind.partition("/")
        if not found or not number.isdigit() or int(number) >= len(self._roots):
            return uri
        scheme = before.partition("file://")[0]
        return f"{scheme}{self._roots[int(number)].parent.as_uri()}/{rest}"

    @property
    def _end(self) -> bytes:
        return f"--{self._boundary}--\r\n".encode()

    def _head(self, sent: Sent) -> bytes:
        name = sent.name.replace("\\", "_").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        text = (
            f"--{self._boundary}\r\n"
            f'Content-Disposition: form-data; name="files"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        return text.encode("utf-8", "surrogateescape")


def _found(root: Path, number: int) -> Iterator[Sent]:
    if not os.path.lexists(root):
        raise UsageError(f"{root} does not exist")
    paths = [root] if not root.is_dir() else sorted(_below(root))
    for path in paths:
        if path.is_file():
            yield Sent(path, f"{number}/{path.relative_to(root.parent).as_posix()}", path.stat().st_size)


def _below(root: Path) -> Iterator[Path]:
    """The files under a folder; a link to a folder is followed where that has not been walked yet."""
    walked: set[str] = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in walked:
            folders.clear()
            continue
        walked.add(real)
        yield from (Path(folder, name) for name in files)


def _blocks(sent: Sent) -> Iterator[bytes]:
    left = sent.size
    try:
        with sent.path.open("rb") as stream:
            while left and (block := stream.read(min(_BLOCK, left))):
                left -= len(block)
                yield block
    except OSError as error:
        raise WorkFailed(f"{sent.path} can't be sent: {error.strerror}; the same command sends all again") from error
    if left:
        raise WorkFailed(f"{sent.path} became shorter while it was sent; the same command sends all again")
