"""Results as tables of other libraries: Arrow and, where they are installed, pandas and Polars."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, cast

from ..errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class Tabular(ABC):
    """A result that has rows."""

    __slots__ = ()

    @abstractmethod
    def to_arrow(self) -> pa.Table:
        """The rows as an Arrow table."""

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame; UsageError where pandas is not installed."""
        _library("pandas")
        return cast("pd.DataFrame", self.to_arrow().to_pandas())

    def to_polars(self) -> pl.DataFrame:
        """The rows as a Polars DataFrame; UsageError where Polars is not installed."""
        return cast("pl.DataFrame", _library("polars").from_arrow(self.to_arrow()))


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(f"this needs {name}: pip install {name}") from error
