"""One server, asked over HTTP: its address, the token, waiting while it is busy, errors."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

from ...errors import CohortGraphError, StoreError, UsageError
from ...settings import TOKEN
from ..failures import failure

try:
    import httpx
except ImportError as error:
    raise UsageError("asking a server needs httpx: pip install 'cohortgraph[remote]'") from error

_CONNECT_S = 10.0
_READ_S = 120.0
"""Longer than a server lets a request read by default; while an answer streams, between two parts of it."""
SLOW = httpx.Timeout(_READ_S, connect=_CONNECT_S, read=None)
"""Of requests that the server may work at for long before it answers."""
_TRIES = 6
_LONGEST_WAIT_S = 10.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Http:
    """What every request to one server has in common.

    Parameters
    ----------
    token
        Default: $COHORTGRAPH_TOKEN.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        given = os.environ.get(TOKEN, "") if token is None else token
        self._http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {given}"} if given else {},
            timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S),
            trust_env=httpx.URL(self.url).host not in _LOOPBACK,  # no proxy stands between us and this machine
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of an answer; parameters that are None are left out."""
        return self.ask("GET", path, params=_given(parameters))

    def post(self, path: str, body: Any = None, **parameters: Any) -> Any:
        """The JSON of the answer to a body."""
        return self.ask("POST", path, params=_given(parameters), **as_json(body))

    def ask(self, method: str, path: str, **request: Any) -> Any:
        """The JSON of an answer; None where it has none.

        Raises
        ------
        CohortGraphError
            as the server tells it; StoreError where none answers.
        """
        with self.stream(method, path, **request) as answer:
            answer.read()
            return answer.json() if answer.content else None

    @contextmanager
    def stream(
        self, method: str, path: str, *, content: Callable[[], Any] | None = None, **request: Any
    ) -> Iterator[httpx.Response]:
        """An answer whose body is still to be read; a server that is busy is asked again.

        Parameters
        ----------
        content
            Makes the body anew for each try.
        """
        for left in reversed(range(_TRIES)):
            body = {} if content is None else {"content": content()}
            try:
                with self._http.stream(method, path, **body, **request) as answer:
                    if answer.is_success:
                        yield answer
                        return
                    answer.read()
                    wait = _wait(answer)
                    if wait is None or not left:
                        raise _failed(answer)
            except httpx.HTTPError as error:
                raise self._unreachable(error) from error
            time.sleep(wait)

    def _unreachable(self, error: httpx.HTTPError) -> CohortGraphError:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return StoreError(f"no server answers at {self.url} ({error}); start one with: cohortgraph serve")
        return StoreError(f"the server at {self.url} did not finish its answer ({type(error).__name__}: {error})")


def as_json(body: Any) -> dict[str, Any]:
    """A request's body; a date goes as its ISO 8601 text."""
    if body is None:
        return {}
    text = json.dumps(body, default=lambda value: dict(value) if isinstance(value, Mapping) else str(value))
    return {"content": lambda: text.encode(), "headers": {"Content-Type": "application/json"}}


def segment(text: str) -> str:
    """A text as one part of a path."""
    return quote(text, safe="")


def _given(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _wait(answer: httpx.Response) -> float | None:
    """Seconds after which a server that took nothing on may be asked again."""
    if answer.status_code != 503 or _told(answer).get("code") != "busy":
        return None
    seconds = answer.headers.get("retry-after", "")
    return min(float(seconds) if seconds.isdigit() else 1.0, _LONGEST_WAIT_S)


def _failed(answer: httpx.Response) -> CohortGraphError:
    told = _told(answer)
    if "code" not in told:
        about = {
            "message": f"{answer.url} answered {answer.status_code} {answer.reason_phrase}: no cohortgraph server?"
        }
        return failure(about, 500)
    return failure(told, answer.status_code)


def _told(answer: httpx.Response) -> dict[str, Any]:
    with suppress(ValueError, AttributeError, TypeError):
        return dict(answer.json()["error"])
    return {}
