"""A store that this process has open, filled and asked by its methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .cohorts import Cohorts
from .data import Data
from .exports import Exports
from .jobs import Jobs
from .persons import Persons
from .questions import Questions
from .upkeep import Upkeep

T = TypeVar("T")


class Client(Questions, Data, Persons, Cohorts, Exports, Jobs, Upkeep):
    """An open store.

    Use :func:`cohortgraph.connect`; as a context manager it closes the store at the end.

    Examples
    --------
    >>> with cohortgraph.connect("store") as store:  # doctest: +SKIP
    ...     answer = store.query({"patients": {"segments": {"some": {"type": {"is": "SCT:87878005"}}}}})
    """


def steadily(client: Client, function: Callable[[], T], *, again: bool = True) -> tuple[T, int | None]:
    """What a function that only reads a client's store gives, and the one version of the store that all of it saw; None
    where, on Neo4j, others left it no time for that. There it may be called ``again``.
    """
    from ...graph.steady import TRIES, steadily

    return steadily(client._store.engine, function, tries=TRIES if again else 1)
