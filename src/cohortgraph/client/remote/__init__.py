"""A store that a server has open, filled and asked over HTTP: the methods of ``Client``, with the same results."""

from __future__ import annotations

import inspect
from typing import TypeVar

from ..local import Client
from .cohorts import Cohorts
from .data import Data
from .exports import Exports
from .persons import Persons
from .questions import Questions
from .upkeep import Upkeep

T = TypeVar("T")


def _documented(kind: type[T]) -> type[T]:
    """Give each method the documentation of ``Client``'s of that name, which holds for it too."""
    for part in kind.__mro__:
        for name, member in vars(part).items():
            if not name.startswith("_") and member.__doc__ is None:
                member.__doc__ = inspect.getdoc(getattr(Client, name))
    return kind


@_documented
class RemoteClient(Questions, Data, Persons, Cohorts, Exports, Upkeep):
    """A store that a server has open.

    Parameters
    ----------
    url
        The server's, ``http://…``.
    token
        What the server asks for (default: $COHORTGRAPH_TOKEN).

    Raises
    ------
    StoreError
        by each method, where no server answers.
    """
