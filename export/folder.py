"""An export in a folder: ``OUT.partial`` while it is made, then ``OUT``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

from ..errors import UsageError
from .dicomdir import FILES
from .dicomdir import NAME as DICOMDIR
from .place import INNER, MANIFEST, manifest_in, record_name, record_of, recorded
from .plan.file import NAME, Plan
from .protocol import Made, MadeFile
from .unwritable import Unwritable, unwritable
from .written_files import PARTIAL, digest_of, whole


@dataclass(frozen=True, slots=True)
class Folder:
    """As :class:`~.place.Place`; ``out`` is where it will be complete."""

    out: Path

    @property
    def address(self) -> str:
        """The folder."""
        return str(self.out)

    @property
    def under_way(self) -> str:
        """The folder in which it is made."""
        return str(self.partial)

    @property
    def partial(self) -> Path:
        """Where it is made."""
        return self.out.with_name(f"{self.out.name}.partial")

    @property
    def inner(self) -> Path:
        """What is no part of the export, and goes when it is complete."""
        return self.partial / INNER

    @property
    def plan(self) -> Path:
        """plan.sqlite."""
        return self.inner / NAME

    def manifest(self) -> dict[str, Any]:
        """As the protocol says."""
        try:
            return manifest_in((self.out / MANIFEST).read_bytes())
        except OSError:
            return {}

    def check_free(self) -> None:
        """As the protocol says."""
        if self.out.exists() and not (self.out.is_dir() and not any(self.out.iterdir())):
            raise UsageError(f"{self.out} is not empty and no export; name a new folder")

    @contextmanager
    def planning(self) -> Iterator[Path]:
        """As the protocol says."""
        try:
            if (
                self.partial.exists()
                and not self.planned()
                and any(each.name != INNER for each in self.partial.iterdir())
            ):
                raise UsageError(
                    f"{self.partial}, in which {self.out} would be made, is not empty and no export; remove it, or "
                    "name another folder"
                )
            self.inner.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.inner, error.strerror or str(error)) from error
        made = self.inner / f"planned.{os.getpid()}.sqlite"
        try:
            yield made
        finally:
            made.unlink(missing_ok=True)
            self._sweep()

    def remove(self) -> None:
        """Remove the export, complete or not, under whose name nobody finds it from the first moment on."""
        gone = self.out.with_name(f"{self.out.name}.removed")
        for folder in (gone, self.out, self.partial):
            if folder.exists():
                shutil.rmtree(folder if folder == gone else folder.rename(gone))

    def begin(self, plan: Path) -> None:
        """As the protocol says."""
        plan.replace(self.plan)
        if not self.manifest():
            return
        try:
            self.tidy()
            self.inner.rename(self.out / INNER)
            shutil.rmtree(self.partial)
            self.out.rename(self.partial)
        except OSError as error:
            raise unwritable(self.out, error.strerror or str(error)) from error

    def planned(self) -> bool:
        """As the protocol says."""
        return self.plan.is_file()

    def is_there(self) -> bool:
        """Whether it is made, or being made."""
        return self.planned() or (self.out / MANIFEST).is_file()

    def opened(self) -> Plan:
        """As the protocol says."""
        return Plan(self.plan)

    def made(self, number: int) -> Made | None:
        """As the protocol says."""
        try:
            return record_of((self.inner / record_name(number)).read_bytes())
        except OSError:
            return None

    def all_made(self, samples: int) -> Iterator[tuple[int, Made | None]]:
        """As the protocol says."""
        for number in range(samples):
            yield number, self.made(number)

    def keep(self, number: int, made: Made) -> None:
        """As the protocol says."""
        with whole(self.inner / record_name(number)) as target:
            target.write(recorded(made))

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """As the protocol says."""
        folder = self.inner / "writing" / uuid4().hex
        folder.mkdir(parents=True)
        try:
            yield folder
        except Unwritable as error:
            raise Unwritable(str(error).replace(str(folder), str(self.partial))) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self._sweep()

    @contextmanager
    def finishing(self) -> Iterator[Path]:
        """As the protocol says."""
        planned = self.planned()
        try:
            yield self.partial
        finally:
            if planned:
                self._sweep()

    def _sweep(self) -> None:
        """Remove what is no export: nothing was planned, or it is complete, or deleted, and a late worker made it anew.

        It is looked at again under a name that nobody else knows: one that another begins meanwhile gets its own back.
        """
        if self.planned() or any(self.inner.glob("planned.*")):
            return
        aside = self.out.with_name(f"{self.out.name}.{uuid4().hex[:12]}.removed")
        with suppress(OSError):
            self.partial.rename(aside)
            if (aside / INNER / NAME).is_file():
                aside.rename(self.partial)
            else:
                shutil.rmtree(aside)

    def take(self, folder: Path, files: Iterable[MadeFile]) -> None:
        """As the protocol says; the folder in which the export is made isn't made anew where it is gone.

        A file that is there as it was made stays.
        """
        if folder == self.partial:
            return
        for each in files:
            if self.holds(each):
                continue
            for parent in reversed(PurePosixPath(each.path).parents[:-1]):
                (self.partial / parent).mkdir(exist_ok=True)
            (folder / each.path).replace(self.partial / each.path)

    def drop(self, paths: Iterable[str]) -> None:
        """As the protocol says."""
        for path in paths:
            (self.partial / path).unlink(missing_ok=True)

    def holds(self, file: MadeFile) -> bool:
        """As the protocol says."""
        return digest_of(self.partial / file.path) == file.digest

    def publish(self, folder: Path) -> None:
        """As the protocol says: it gets its name."""
        try:
            for left in self.partial.rglob(f"*{PARTIAL}"):
                if left.is_file():
                    left.unlink(missing_ok=True)
            if self.out.exists():
                self.out.rmdir()  # empty, as was seen
            os.sync()  # all of it is on the disk before it is complete
            self.partial.rename(self.out)
            self.tidy()
        except OSError as error:
            raise unwritable(self.partial, error.strerror or str(error)) from error

    def tidy(self) -> None:
        """As the protocol says."""
        shutil.rmtree(self.out / INNER, ignore_errors=True)

    def digest(self, path: str) -> str | None:
        """As the protocol says."""
        file = self.out / path
        return digest_of(file) if file.is_file() else None

    def names(self) -> Iterator[tuple[str, int]]:
        """As the protocol says, but not those of a DICOMDIR, which are further names of the same files."""
        directory = (self.out / DICOMDIR).is_file()
        for place, folders, names in os.walk(self.out):
            if directory and Path(place) == self.out:
                folders[:] = [name for name in folders if name != FILES]
            for name in names:
                file = Path(place) / name
                yield file.relative_to(self.out).as_posix(), file.stat().st_size

    def bring(self, path: str, target: Path) -> None:
        """As the protocol says."""
        with (self.out / path).open("rb") as source, whole(target) as made:
            shutil.copyfileobj(source, made, 1 << 16)
