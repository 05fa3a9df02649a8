"""The written questions: each *.yaml here is a list of them, over the facts of tests/generated/traps.py."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Question:
    """A written question with the answer that a person read off the data.

    Attributes
    ----------
    expect
        The ids of the hits.
    total
        How many are listed, where they are too many to write down.
    level, listed
        A level to list, and the ids listed there.
    evidence
        Hit → clause path → ids.
    """

    title: str
    rule: str
    document: dict[str, Any]
    expect: list[str] | None = None
    total: int | None = None
    level: str | None = None
    listed: list[str] | None = None
    evidence: dict[str, dict[str, list[str]]] = field(default_factory=dict)


class JSONScalars(yaml.SafeLoader):
    """YAML whose plain scalars are JSON's (semantics 6.8)."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


JSONScalars.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^null$"), ["n"])
JSONScalars.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), ["t", "f"])
JSONScalars.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("^-?(0|[1-9][0-9]*)$"), list("-0123456789"))
JSONScalars.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$"), list("-0123456789")
)


def read(file: Path) -> list[dict[str, Any]]:
    """The entries of one YAML file of this folder."""
    loaded: list[dict[str, Any]] = yaml.load(file.read_text(encoding="utf-8"), Loader=JSONScalars)
    return loaded


@cache
def questions(pattern: str = "[0-9]*.yaml") -> list[Question]:
    """Every written question over the generated data, in the order of the files."""
    return [Question(**entry) for file in sorted(Path(__file__).parent.glob(pattern)) for entry in read(file)]


def broken() -> list[dict[str, Any]]:
    """Every broken document: title, document (text or mapping), path and, where there is one, suggestion."""
    return [entry for file in sorted((Path(__file__).parent / "broken").glob("*.yaml")) for entry in read(file)]
