"""What a server is told when it starts: flag > environment > [serve] in cohortgraph.toml > default."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from ..errors import UsageError
from ..export.plan.source import source
from ..settings import FILE

PREFIX = "COHORTGRAPH_"
TABLE = "serve"


def _setting(default: Any, told: str) -> Any:
    return field(default=default, metadata={"told": told})


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """What a server is told; each with what it means."""

    host: str = _setting("127.0.0.1", "Address to listen at; any but a loopback address needs a token")
    port: int = _setting(8000, "Port to listen at; 0 takes a free one")
    token: str = _setting("", "What clients send as `Authorization: Bearer …`; best from the environment")
    cors_origins: tuple[str, ...] = _setting((), "Web origins whose pages may ask, such as https://lab.example; none")
    ingest_folders: tuple[str, ...] = _setting((), "Folders of the server from which it may be told to ingest; none")
    readers: int = _setting(8, "Requests that read the store at the same time")
    waiting: int = _setting(64, "Requests that may wait for their turn; further ones are told to come again (503)")
    jobs_waiting: int = _setting(32, "Ingests and other jobs that may wait for their turn")
    uploads: int = _setting(4, "Uploads that are received at the same time")
    upload_mib: int = _setting(16_384, "MiB of one upload")
    body_mib: int = _setting(8, "MiB of the body of any other request")
    export_samples: int = _setting(1, "Samples that its own export worker makes at a time; 0: it has none")
    export_sources: tuple[str, ...] = _setting(
        (), "Where else exports look for objects: DICOMweb services, URI templates; nowhere"
    )
    request_seconds: float = _setting(60.0, "Seconds that a request, or a page of a stream, may read")
    stop_seconds: float = _setting(10.0, "Seconds that running requests have when the server is told to stop")
    cypher_rows: int = _setting(10_000, "Rows of an answer to Cypher")
    cypher_seconds: float = _setting(30.0, "Seconds that a Cypher statement may run")
    cypher_mib: int = _setting(64, "MiB of an answer to Cypher")

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            least = 0 if each.name in ("port", "waiting", "export_samples") else 1
            if isinstance(each.default, (int, float)) and value < least:
                raise UsageError(f"{each.name} is {value}; expected at least {least}")
        for uri in self.export_sources:
            source(uri)
        if not self.is_loopback and not self.token:
            raise UsageError(
                f"listening at {self.host} would let everybody in who reaches it: listen at 127.0.0.1, or set "
                f"{PREFIX}TOKEN to a long random text, such as python -c "
                "'import secrets; print(secrets.token_urlsafe(32))' prints"
            )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @classmethod
    def load(cls, **flags: Any) -> Self:
        """The settings as flags (None: not given), environment and cohortgraph.toml name them.

        Raises
        ------
        UsageError
            where a value is not valid, or an address is open to others and no token is set.
        """
        named = _from_file(Path(FILE))
        if unknown := sorted(named.keys() - {each.name for each in fields(cls)}):
            known = ", ".join(each.name for each in fields(cls))
            raise UsageError(f"{FILE}: [{TABLE}] has no {unknown[0]!r}; expected one of {known}")
        for each in fields(cls):
            text = os.environ.get(PREFIX + each.name.upper())
            if text is not None:
                named[each.name] = text
        named |= {name: value for name, value in flags.items() if value is not None}
        return cls(**{each.name: _read(each, named[each.name]) for each in fields(cls) if each.name in named})


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get(TABLE, {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML ({error})") from error
    if not isinstance(table, Mapping):
        raise UsageError(f"{path}: {TABLE} is {table!r}; expected a table, such as [{TABLE}]")
    return dict(table)


def _read(declared: Field[Any], value: Any) -> Any:
    """A setting's value of the type of its default; a list from a text with commas."""
    kind: type = type(declared.default)
    try:
        if kind is tuple:
            parts = value.split(",") if isinstance(value, str) else value
            return tuple(str(part).strip() for part in parts if str(part).strip())
        return kind(value)
    except (TypeError, ValueError):
        raise UsageError(f"{declared.name} is {value!r}; expected {_TOLD[kind]}") from None


_TOLD = {int: "a whole number", float: "a number", str: "a text", tuple: "texts, separated by commas"}
