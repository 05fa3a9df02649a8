"""A filter document as GraphQL writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def literal(value: Any) -> str:
    """``{"eq": "F"}`` → ``{eq: "F"}``."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {literal(each)}' for name, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return json.dumps(value, ensure_ascii=False)
