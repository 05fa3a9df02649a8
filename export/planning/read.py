"""What the samples of a plan read: how many objects of each data set, whose terms of use then hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from ...graph.datasets import datasets
from ...graph.engine import Engine
from ...ingest.outcome import Event, Progress
from ..plan.model import Sample

TERMS = ("title", "license", "doi", "useTerms", "accessConditions", "contact")


def sources_of(engine: Engine, read: Counter[str]) -> tuple[dict[str, object], ...]:
    """Every data set of which objects are read, with its terms of use."""
    terms = {each.name: each.properties for each in datasets(engine)}
    return tuple(
        {
            "name": name,
            **{term: terms[name][term] for term in TERMS if terms.get(name, {}).get(term)},
            "objects": number,
        }
        for name, number in sorted(read.items())
    )


def models_of(engine: Engine) -> dict[str, str]:
    """Data set → the model that made its objects."""
    return {each.name: each.properties["model"] for each in datasets(engine) if each.properties.get("model")}


def counted(
    samples: Iterable[Sample], read: Counter[str], texts: set[str], total: int | None, progress: Progress | None
) -> Iterator[Sample]:
    """The samples; counts the objects of each data set, and notes which columns hold more than numbers."""
    done = 0
    for sample in samples:
        objects = [*chain.from_iterable(each.objects for each in sample.series), *(s.object for s in sample.labels)]
        read.update(name for each in objects for name in each.datasets)
        done += len(objects)
        for row in sample.values.get("rows", (sample.values,)):
            texts.update(name for name, value in row.items() if not isinstance(value, (int, float)))
        if progress:
            progress(Event("plan", done, total, 0.0))
        yield sample
    if progress and total:  # what is part of no sample was looked at too
        progress(Event("plan", total, total, 0.0))
