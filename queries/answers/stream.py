"""A whole answer as a stream of Arrow batches: page by page, in bounded memory however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ...graph import arrow, schema
from ...graph.engine import Engine
from ..cypher.compile import Page, is_single, keys
from ..language.document import load
from ..language.ir import Question
from ..language.parse import as_level, parse
from ..language.relations import Level
from ..language.vocabulary import Vocabulary, vocabulary
from . import rows
from .ask import Document
from .codes import fields
from .listing import Key, hits, key, listed, read

PAGE = 1000
"""Rows of a batch."""
_CODES = pa.list_(pa.struct([("id", pa.string()), ("meaning", pa.string())]))


def stream(engine: Engine, document: Document, *, level: str | None = None, size: int = PAGE) -> pa.RecordBatchReader:
    """What ``ask`` lists, all of it, in its order and with its columns.

    The question is understood at once; its rows are read as they are taken, ``size`` at a time. What is ingested
    meanwhile may be among the rows that were not taken yet.

    Raises
    ------
    QuestionError
        where the document is not valid.
    UsageError
        where the level is not valid.
    """
    words = vocabulary(engine)
    question = parse(load(document), words)
    listing = as_level(level) if level is not None else question.root
    shape = columns(listing.label)
    batches = (
        _batch(rows.hits(engine, listing.label, found), shape)
        for found in _pages(engine, question, words, listing, size)
    )
    return pa.RecordBatchReader.from_batches(shape, batches)


def columns(label: str) -> pa.Schema:
    """The columns of a hit of this label: ``id``, the identities above, its properties, its codes."""
    types = {field.name: field.type for field in arrow.node_schema(label)}
    named = {"id": pa.string()} | {name: pa.string() for name in rows.above(label)}
    named |= {name: types[name] for name in rows.properties(label)}
    if schema.node(label).is_child:
        named |= dict.fromkeys(fields(label), _CODES)
    return pa.schema(list(named.items()))


def table(level: str, found: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Hits of an answer at a level as a table."""
    shape = columns(as_level(level).label)
    whole = pa.Table.from_batches([_batch(found, shape)])
    if not any("evidence" in hit for hit in found):
        return whole
    told = [json.dumps(hit.get("evidence"), ensure_ascii=False) for hit in found]
    return whole.append_column("evidence", pa.array(told, pa.string()))


def _pages(engine: Engine, question: Question, words: Vocabulary, level: Level, size: int) -> Iterator[Sequence[Key]]:
    """The keys of the listed nodes, page by page: where one statement lists them, the engine keeps the rest."""
    if level == question.root and is_single(question, words):
        page = Page(None, size)
        while found := [key(row) for row in read(engine, keys(question, words, page))]:
            yield found
            page = Page((found[-1].id, found[-1].position), size)
        return
    whole = hits(engine, question, words) if level == question.root else sorted(listed(engine, question, words, level))
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


def _batch(found: Sequence[Mapping[str, Any]], shape: pa.Schema) -> pa.RecordBatch:
    return pa.record_batch([_column([hit.get(field.name) for hit in found], field.type) for field in shape], shape)


def _column(values: list[Any], type_: pa.DataType) -> pa.Array:
    """A hit tells a date as text, in ISO 8601."""
    return pa.array(values, pa.string()).cast(type_) if type_ == pa.date32() else pa.array(values, type_)
