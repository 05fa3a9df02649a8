"""The tree of errors.

    CohortGraphError
    ├── UsageError (ValueError)         wrong use: a bad argument, a bad question          exit code 1
    │   ├── QuestionError               a filter document; names the path in it
    │   │   └── LimitExceeded           more than is allowed of depth, clauses, nodes …
    │   └── NotFound                    what it names is not here
    ├── StoreError (RuntimeError)       the store is missing, locked, of another version   exit code 2
    │   └── StoreOwned                  another process owns it; names that process and its server
    ├── ReadError (ValueError)          an object that can't be read: goes to quarantine
    └── WorkFailed (RuntimeError)       work that was begun and could not be finished      exit code 2
        ├── TimedOut                    it took longer than it was allowed
        └── Cancelled                   who asked for it does not wait any more

Each message says what was found, what was expected and what to do.
"""


class CohortGraphError(Exception):
    """Base of every error that cohortgraph raises on purpose."""


class UsageError(CohortGraphError, ValueError):
    """The request can't be carried out as it was put."""


class QuestionError(UsageError):
    """A filter document is not valid.

    Parameters
    ----------
    path
        JSON Pointer (RFC 6901) to the offending place, from the document's root key.
    message
        What was found there and what was expected.
    suggestion
        The nearest valid name, where there is one.
    """

    def __init__(self, path: str, message: str, suggestion: str | None = None) -> None:
        self.path = path
        self.suggestion = suggestion
        hint = f"; did you mean {suggestion!r}?" if suggestion else ""
        super().__init__(f"{path or '/'}: {message}{hint}")


class LimitExceeded(QuestionError):
    """A question, or its answer, is larger than is allowed.

    Parameters
    ----------
    limit
        The limit's name.
    found, most
        How many there are, at least, and how many there may be.
    advice
        What to do about it.
    """

    def __init__(self, limit: str, found: int, most: int, advice: str, path: str = "") -> None:
        self.limit = limit
        self.found = found
        self.most = most
        super().__init__(path, f"{limit} is {found:,} and may be at most {most:,}; {advice}")


class NotFound(UsageError):
    """What a request names is not here."""


class StoreError(CohortGraphError, RuntimeError):
    """The store is missing, owned by another process, damaged or of another version."""


class StoreOwned(StoreError):
    """Another process owns the store.

    Parameters
    ----------
    process
        Its id; None where it did not say.
    url
        Where its server answers; empty where it is none.
    """

    def __init__(self, message: str, process: int | None = None, url: str = "") -> None:
        self.process = process
        self.url = url
        super().__init__(message)


class ReadError(CohortGraphError, ValueError):
    """An object can't be read; its location and this reason go to quarantine."""


class WorkFailed(CohortGraphError, RuntimeError):
    """Work that was begun could not be finished; what had been committed stays."""


class TimedOut(WorkFailed):
    """Work took longer than it was allowed."""


class Cancelled(WorkFailed):
    """Who asked for the work does not wait for it any more."""
