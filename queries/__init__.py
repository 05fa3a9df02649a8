"""The query language: filter document → intermediate form → its interpreters.

load(text)  →  parse(mapping, vocabulary)  →  ask | count | ids | explain | facets | overlap(engine, document …)
"""

from .ask import Answer, ask, count, ids
from .document import load
from .explain import Explanation, explain
from .facets import Facet, facets
from .overlap import Overlap, overlap
from .parse import parse
from .vocabulary import vocabulary

__all__ = [
    "Answer",
    "Explanation",
    "Facet",
    "Overlap",
    "ask",
    "count",
    "explain",
    "facets",
    "ids",
    "load",
    "overlap",
    "parse",
    "vocabulary",
]
