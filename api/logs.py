"""The server's log: one JSON object a line, on standard error, of what cohortgraph itself says.

Libraries log what they work on (pydicom its values, drivers their parameters): of their records only the library's
name and the level are kept.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime

OWN = "cohortgraph"


class JsonLines(logging.Formatter):
    """A record as one line of JSON; a record's attribute ``told`` is a mapping of further fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname, "logger": record.name}
        if record.name.partition(".")[0] == OWN:
            line["event"] = record.getMessage()
            line |= getattr(record, "told", {})
        if record.exc_info and record.exc_info[1] is not None:
            line |= {"error": type(record.exc_info[1]).__name__, "places": " < ".join(places(record.exc_info[1]))}
        return json.dumps(line, ensure_ascii=False)


def places(error: BaseException) -> list[str]:
    """Where an error was raised, innermost first: file and line, but neither values nor its message."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno}" for frame in reversed(frames)]


def configure() -> None:
    """Let this process log so, warnings and threads that fail too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OWN).setLevel(logging.INFO)
    logging.captureWarnings(True)
    threading.excepthook = _failed_thread


def _failed_thread(failed: threading.ExceptHookArgs) -> None:
    told = {"error": failed.exc_type.__name__}
    if failed.exc_value is not None:
        told["places"] = " < ".join(places(failed.exc_value))
    logging.getLogger(f"{OWN}.threads").error("thread failed", extra={"told": told})
