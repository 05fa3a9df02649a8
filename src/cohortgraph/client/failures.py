"""The server's errors → the exceptions that the local client raises, with the server's message."""

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


_KINDS: dict[str, type[CohortGraphError]] = {
    "limit_exceeded": LimitExceeded,
    "question_invalid": QuestionError,
    "not_found": NotFound,
    "usage_invalid": UsageError,
    "store_owned": StoreOwned,
    "store_failed": StoreError,
    "object_unreadable": ReadError,
    "folder_refused": FolderRefused,
    "objects_missing": ObjectsMissing,
    "overtaken": Overtaken,
    "timed_out": TimedOut,
    "cancelled": Cancelled,
    "work_failed": WorkFailed,
    "internal": WorkFailed,
}


def failure(told: Mapping[str, Any], status: int = 500) -> CohortGraphError:
    """The exception that ``{code, message, …}`` stands for; of a code that is unknown, by the status."""
    unknown = UsageError if status < 500 else StoreError
    kind = _KINDS.get(str(told.get("code")), unknown)
    # Not by the constructor: the message is whole already, path and suggestion included.
    error = kind.__new__(kind, str(told.get("message", "the server failed")))
    if isinstance(error, QuestionError):
        error.path = told.get("path") or ""
        error.suggestion = told.get("suggestion")
    if isinstance(error, LimitExceeded):
        limit = told.get("limit") or {}
        error.limit, error.found, error.most = limit.get("name", ""), limit.get("found", 0), limit.get("most", 0)
    if isinstance(error, ObjectsMissing):
        error.missing = tuple(decoded(Missing, each) for each in told.get("missing") or ())
    if isinstance(error, StoreOwned):
        error.process, error.url = None, ""
    return error
