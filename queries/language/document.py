"""Reading a filter document: JSON, or YAML whose scalars are JSON's (semantics 6.8).

What is no JSON number, true, false or null is a string: ``NO``, ``00``, ``000123``, ``2020-01-02``, ``1_000``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from unicodedata import normalize

import yaml

from ...errors import QuestionError

MAX_CHARACTERS = 1_000_000
"""Far beyond 500 clauses; a longer text is no question."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def load(document: str | Mapping[str, Any]) -> dict[str, Any]:
    """Read a document; strings become NFC.

    Parameters
    ----------
    document
        JSON or YAML text, or what either would give.

    Raises
    ------
    QuestionError
        where the text is neither, has a key twice, aliases, tags, or is no mapping.
    """
    if isinstance(document, str):
        if len(document) > MAX_CHARACTERS:
            raise QuestionError("", f"the document has {len(document)} characters; at most {MAX_CHARACTERS} are read")
        try:
            loaded = yaml.load(document, Loader=_JSONScalars)  # noqa: S506 (a SafeLoader's subclass)
        except yaml.YAMLError as error:
            raise QuestionError("", f"the document is neither JSON nor YAML: {_one_line(error)}") from None
        except RecursionError:
            raise QuestionError("", "the document is nested too deeply") from None
    else:
        loaded = document
    if not isinstance(loaded, Mapping):
        raise QuestionError("", "expected a mapping with one key, what the question is about: {patients: {…}}")
    return dict(_nfc(loaded, ""))


def pointer(path: str, key: str | int) -> str:
    """Append one reference token to a JSON Pointer (RFC 6901)."""
    return f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _nfc(value: Any, path: str) -> Any:
    if isinstance(value, str):
        return normalize("NFC", value)
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise QuestionError(pointer(path, key), f"expected a name, found {json.dumps(key, default=str)}")
        return {normalize("NFC", key): _nfc(each, pointer(path, key)) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_nfc(each, pointer(path, index)) for index, each in enumerate(value)]
    return value


class _JSONScalars(yaml.SafeLoader):
    """A safe YAML loader that resolves plain scalars as JSON does and refuses aliases, tags and double keys."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _refused("aliases (*name) are not read", event)
        if getattr(event, "tag", None) not in (None, "!"):
            raise _refused("tags (!name) are not read", event)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, list | dict):
                raise _refused("a key is no scalar", key_node)
            if key in mapping:
                raise _refused(f"the key {key!r} occurs twice", key_node)
            mapping[key] = self.construct_object(value_node, deep=True)
        return mapping


def _refused(problem: str, at: yaml.Event | yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=at.start_mark)  # type: ignore[arg-type]


def _construct_number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int | float:
    text = loader.construct_scalar(node)
    number: int | float = json.loads(str(text))
    return number


_JSONScalars.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|)$"), ["n", ""])
_JSONScalars.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])
_JSONScalars.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"^{_NUMBER.pattern}$"), list("-0123456789"))
_JSONScalars.add_constructor("tag:yaml.org,2002:float", _construct_number)


def _one_line(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or str(error)
    mark = getattr(error, "problem_mark", None)
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return f"{' '.join(str(problem).split())}{where}"
