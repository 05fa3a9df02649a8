"""The query language: filter document → intermediate form → its interpreters.

load(text)  →  parse(mapping, vocabulary)  →  ask | count | explain(engine, document)
"""

from .ask import Answer, ask, count
from .document import load
from .explain import Explanation, explain
from .parse import parse
from .vocabulary import vocabulary

__all__ = ["Answer", "Explanation", "ask", "count", "explain", "load", "parse", "vocabulary"]
