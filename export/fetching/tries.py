"""Tries: what may go better later is tried again, after a pause that grows, or as long as the server asks for."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from ...errors import ReadError

T = TypeVar("T")
TRIES = 6
_LONGEST_S = 120.0
"""A server that asks for a longer pause is asked again after this one."""
_GROWING = wait_exponential_jitter(initial=0.5, max=30)


class Later(ReadError):
    """It can't be had now; ``after_s``: how long the server asks to wait."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        self.after_s = after_s
        super().__init__(reason)


def tried(once: Callable[[], T]) -> T:
    """What ``once`` returns, which is called again as long as it raises :class:`Later`, at most ``TRIES`` times."""
    again = Retrying(
        stop=stop_after_attempt(TRIES), wait=_pause, retry=retry_if_exception_type(Later), sleep=_sleep, reraise=True
    )
    return again(once)


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.after_s if isinstance(error, Later) else None
    return min(asked, _LONGEST_S) if asked is not None else _GROWING(state)


def seconds_of(header: str | None) -> float | None:
    """What Retry-After asks for (RFC 9110 10.2.3): seconds, or a date; None where it asks for nothing."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
