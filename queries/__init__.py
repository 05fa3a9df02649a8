"""The query language: filter document → intermediate form → its interpreters.

load(text)  →  parse(mapping, vocabulary)  →  ask | count | ids | explain | facets | overlap | select
                                        (engine, document …)
"""

from .answers.ask import Answer, ask, count, ids
from .answers.selection import Selection, select
from .counts.facets import Facet, facets
from .counts.overlap import Overlap, overlap
from .explain import Explanation, explain
from .language.document import load
from .language.parse import parse
from .language.vocabulary import vocabulary

__all__ = [
    "Answer",
    "Explanation",
    "Facet",
    "Overlap",
    "Selection",
    "ask",
    "count",
    "explain",
    "facets",
    "ids",
    "load",
    "overlap",
    "parse",
    "select",
    "vocabulary",
]
