"""What a question is written as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = str | Mapping[str, Any]
"""A filter document: YAML or JSON text, or the mapping it stands for."""
