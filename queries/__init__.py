"""The query language: filter document → intermediate form → its interpreters.

load(text)  →  parse(mapping, vocabulary)  →  ask | count | ids | explain(engine, document)
"""

from .ask import Answer, ask, count, ids
from .document import load
from .explain import Explanation, explain
from .parse import parse
from .vocabulary import vocabulary

__all__ = ["Answer", "Explanation", "ask", "count", "explain", "ids", "load", "parse", "vocabulary"]
