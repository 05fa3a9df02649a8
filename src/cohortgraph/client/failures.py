"""The exceptions that go over the network: what the server tells of each, and the exception made of that again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import (
    Cancelled,
    CohortGraphError,
    LimitExceeded,
    NotFound,
    QuestionError,
    ReadError,
    StoreError,
    StoreOwned,
    TimedOut,
    UsageError,
    WorkFailed,
)
from ..export.written import Missing, ObjectsMissing
from ..graph.engine import Overtaken
from .decode import decoded


class FolderRefused(UsageError):
    """The server does not read the folder that it was told to ingest."""


ERRORS: tuple[tuple[type[CohortGraphError], int, str], ...] = (
    (LimitExceeded, 400, "limit_exceeded"),
    (QuestionError, 400, "question_invalid"),
    (NotFound, 404, "not_found"),
    (FolderRefused, 403, "folder_refused"),
    (UsageError, 400, "usage_invalid"),
    (StoreOwned, 409, "store_owned"),
    (Overtaken, 409, "overtaken"),
    (StoreError, 500, "store_failed"),
    (ReadError, 400, "object_unreadable"),
    (TimedOut, 504, "timed_out"),
    (Cancelled, 503, "cancelled"),
    (ObjectsMissing, 410, "objects_missing"),
    (WorkFailed, 500, "work_failed"),
)
"""Error, HTTP status and code; the first that fits: a kind of error stands above what it is a kind of."""
UNFORESEEN = "internal"
"""The code of whatever the server did not raise on purpose."""
_KINDS = {code: kind for kind, _, code in ERRORS} | {UNFORESEEN: WorkFailed}


def told(error: Exception) -> tuple[int, dict[str, Any]] | None:
    """Status, and ``{code, message, …}`` that stands for an exception; None of one that is not raised on purpose."""
    found = next(((status, code) for kind, status, code in ERRORS if isinstance(error, kind)), None)
    if found is None:
        return None
    status, code = found
    said: dict[str, Any] = {"code": code, "message": str(error)}
    if isinstance(error, QuestionError):
        said |= {"path": error.path, "suggestion": error.suggestion}
    if isinstance(error, LimitExceeded):
        said["limit"] = {"name": error.limit, "found": error.found, "most": error.most}
    if isinstance(error, ObjectsMissing):
        said["missing"] = [each.to_dict() for each in error.missing]
    return status, said


def failure(said: Mapping[str, Any], status: int = 500) -> CohortGraphError:
    """The exception that ``{code, message, …}`` stands for; of a code that is unknown, by the status."""
    unknown = UsageError if status < 500 else StoreError
    kind = _KINDS.get(str(said.get("code")), unknown)
    # Not by the constructor: the message is whole already, path and suggestion included.
    error = kind.__new__(kind, str(said.get("message", "the server failed")))
    if isinstance(error, QuestionError):
        error.path = said.get("path") or ""
        error.suggestion = said.get("suggestion")
    if isinstance(error, LimitExceeded):
        limit = said.get("limit") or {}
        error.limit, error.found, error.most = limit.get("name", ""), limit.get("found", 0), limit.get("most", 0)
    if isinstance(error, ObjectsMissing):
        error.missing = tuple(decoded(Missing, each) for each in said.get("missing") or ())
    if isinstance(error, StoreOwned):
        error.process, error.url = None, ""
    return error
