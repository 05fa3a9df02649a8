"""Reading a label table: a line of names and codes, or a file of rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from ...errors import QuestionError, UsageError
from ...ontology import literals, meanings, value_sets
from ...queries.language.conditions import CONCEPT_OPERATORS, Conditions, located
from ...queries.language.document import pointer
from ...queries.language.vocabulary import Vocabulary, equal, narrower
from .choice import Row, Wanted, folded

SUFFIXES = (".yaml", ".yml", ".json", ".csv")
_OPERATORS = CONCEPT_OPERATORS[:-1]
_EDGES = {"type": "types", "category": "categories", "region": "regions"}
_KEYS = ("name", "value", "priority", "label", "laterality", *_EDGES, *_OPERATORS)
_ANY = "any "


def read(segments: str, vocabulary: Vocabulary) -> list[Row]:
    """The rows of a label table: of a file where it is the name of one, of JSON, else of a line.

    Raises
    ------
    UsageError
        where the file can't be read, a row is not valid, or a code is none.
    """
    if segments.strip().lower().endswith(SUFFIXES):
        return [_row(told, f"/{n}", vocabulary) for n, told in enumerate(_file(Path(segments.strip())))]
    if segments.lstrip().startswith("["):
        return [_row(told, f"/{n}", vocabulary) for n, told in enumerate(_json(segments))]
    (names,) = csv.reader([segments], skipinitialspace=True)
    found = [_named(name.strip(), vocabulary) for name in names if name.strip()]
    if not found:
        raise UsageError(f"segments is {segments!r}; expected names or codes, parted by commas, or a file")
    return found


def inline(segments: str) -> str:
    """A label table whose rows, where a file holds them, are written out as JSON: it may be read on another machine.

    Raises
    ------
    UsageError
        where the file can't be read.
    """
    if not segments.strip().lower().endswith(SUFFIXES):
        return segments
    return json.dumps([dict(row) for row in _file(Path(segments.strip()))], ensure_ascii=False)


def _json(segments: str) -> list[Mapping[str, Any]]:
    try:
        rows = json.loads(segments)
    except ValueError as error:
        raise UsageError(
            f"segments is no JSON ({error}); expected a list of labels, or names parted by commas"
        ) from None
    if not all(isinstance(row, Mapping) for row in rows):
        raise UsageError('segments is a list of something else than mappings such as {"name": …, "is": …}')
    return list(rows)


def _named(name: str, vocabulary: Vocabulary) -> Row:
    """A row of a line."""
    is_any = name.casefold().startswith(_ANY)
    asked = name[len(_ANY) :].strip() if is_any else name
    code = _code(asked, vocabulary)
    if code:
        concepts = narrower(code) if is_any else equal(code)
        return Row(_called(code, name), (Wanted(types=concepts),), (code,), needed=True)
    if is_any and folded(asked) in {folded(each) for each in value_sets.names()}:
        members = value_sets.value_set(asked).members
        return Row(name, (Wanted(types=members),), tuple(sorted(members)), needed=True)
    of = vocabulary.meaning(asked) | meanings.named(asked)
    if is_any:
        if not of:
            raise UsageError(f"{asked!r} is the meaning of no known concept and the name of no value set; write a code")
        concepts = frozenset().union(*map(narrower, of))
        return Row(name, (Wanted(types=concepts),), tuple(sorted(of)), needed=True)
    concepts = frozenset().union(*map(equal, of))
    wanted = (*((Wanted(types=concepts),) if concepts else ()), Wanted(text=folded(asked)))
    return Row(name, wanted, tuple(sorted(of)), needed=True)


def _code(text: str, vocabulary: Vocabulary) -> str:
    """The concept that a literal names; empty where it is no literal of a known scheme."""
    if ":" not in text or " " in text.partition(":")[0].strip():
        return ""
    return literals.parse(text, vocabulary.schemes)


def _called(code: str, name: str) -> str:
    """A code by its meaning, where one is known."""
    meaning = meanings.meaning(code)
    return f"any {meaning}" if meaning and name.casefold().startswith(_ANY) else meaning or name


def _file(file: Path) -> list[Mapping[str, Any]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: the label table can't be read ({error})") from None
    if file.suffix.lower() == ".csv":
        return [_cells(row) for row in csv.DictReader(text.splitlines(), skipinitialspace=True)]
    try:
        told = json.loads(text) if file.suffix.lower() == ".json" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{file}: the label table is not valid ({' '.join(str(error).split())})") from None
    rows = told.get("labels") if isinstance(told, Mapping) else told
    if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise UsageError(f"{file}: expected a list of labels, each a mapping such as {{name: …, is: SCT:87878005}}")
    return rows


def _cells(row: Mapping[str | None, Any]) -> dict[str, Any]:
    """A row of CSV, whose codes are parted by blanks; an empty cell asks nothing."""
    told: dict[str, Any] = {key.strip(): value.strip() for key, value in row.items() if key and value and value.strip()}
    for name in ("value", "priority"):
        if name in told:
            told[name] = int(told[name]) if told[name].isdigit() else told[name]
    for name in ("in", "codes"):
        if name in told:
            told[name] = told[name].split()
    return told


def _row(told: Mapping[str, Any], path: str, vocabulary: Vocabulary) -> Row:
    told = {("in" if key == "codes" else key): value for key, value in told.items()}
    if unknown := [key for key in told if key not in _KEYS]:
        raise QuestionError(pointer(path, unknown[0]), f"a label has no {unknown[0]!r}; expected {', '.join(_KEYS)}")
    name = str(told.get("name") or "").strip()
    if not name:
        raise QuestionError(path, "a label needs a name")
    conditions = Conditions(vocabulary)
    asked: dict[str, Any] = {}
    for key, clause in _EDGES.items():
        if key in told:
            asked[clause] = _concepts(told[key], pointer(path, key), conditions)
    if plain := {key: told[key] for key in _OPERATORS if key in told}:
        if "types" in asked:
            raise QuestionError(path, "a label's type is asked for twice; put all of it under type")
        asked["types"] = _concepts(plain, path, conditions)
    if not asked and not told.get("label"):
        raise QuestionError(path, f"label {name!r} asks for nothing; add one of {', '.join((*_OPERATORS, 'label'))}")
    if "laterality" in told:
        asked["laterality"] = _side(told["laterality"], pointer(path, "laterality"), vocabulary)
    if told.get("label"):
        asked["text"] = folded(str(told["label"]))
    return Row(
        name,
        (Wanted(**asked),),
        tuple(dict.fromkeys(_ids(conditions, vocabulary))),
        _whole(told, "value", path) or 0,
        _whole(told, "priority", path),
    )


def _concepts(condition: Any, path: str, conditions: Conditions) -> frozenset[str]:
    if not isinstance(condition, Mapping) or not condition:
        raise QuestionError(path, f"expected one of {', '.join(_OPERATORS)} in a mapping")
    return conditions.concepts(condition, path)


def _side(condition: Any, path: str, vocabulary: Vocabulary) -> frozenset[str]:
    try:
        return equal(literals.parse(str(condition), vocabulary.schemes))
    except UsageError as error:
        raise located(path, error) from None


def _ids(conditions: Conditions, vocabulary: Vocabulary) -> Iterable[str]:
    """The ids that a label is told by: the codes as asked for, else what they stand for in the store."""
    for each in conditions.resolved:
        operator, _, operand = each.text.partition(" ")
        yield from (literals.parse(operand, vocabulary.schemes),) if operator in ("is", "isA") else each.concepts


def _whole(told: Mapping[str, Any], name: str, path: str) -> int | None:
    value = told.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise QuestionError(pointer(path, name), f"expected a whole number from 1 on, found {value!r}")
    return value
