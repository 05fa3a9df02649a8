"""Write docs/reference/schema.graphql: ``python scripts/write_graphql_schema.py``."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from cohortgraph.api.graphql import in_thread
from cohortgraph.api.graphql.schema import schema
from cohortgraph.client import Client

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "schema.graphql"


def page() -> str:
    """The whole file: it depends on no store."""
    return f"{schema(cast(Client, None), in_thread).as_str()}\n"


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(page(), encoding="utf-8")
