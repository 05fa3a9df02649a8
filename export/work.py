"""One sample of a plan: its objects are fetched, its files written, and last what became of it."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from ..errors import CohortGraphError, UsageError
from .address import place_of
from .fetching.places import places
from .place import Place
from .plan.file import Plan
from .plan.model import Sample
from .protocol import Made
from .unwritable import Unwritable, unwritable
from .writers import writer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the work at a sample: plain values, which reach another process.

    Attributes
    ----------
    objects, size
        Objects that the sample reads, and bytes of its files.
    missing
        Objects that can't be had.
    fresh
        Whether it was made now.
    error
        Why it could not be made; empty where it was.
    stops
        Whether no other sample can be made either, as on a full disk.
    again
        Whether another try may go better.
    lasting
        Whether it fails for as long as the options are these.
    """

    sample: int
    name: str = ""
    objects: int = 0
    size: int = 0
    missing: int = 0
    fresh: bool = True
    error: str = ""
    stops: bool = False
    again: bool = False
    lasting: bool = False


def work(out: str, number: int) -> Outcome:
    """Make a sample of the export that will be complete in ``out``, if it isn't made yet.

    Depends on nothing but the plan, so any process on any machine with that folder can do it, and twice is as once.
    """
    place = place_of(out)
    name = ""
    try:
        with place.opened() as plan:
            sample = plan.sample(number)
            name = sample.name
            made = before = place.made(number)
            fresh = made is None or not _holds(place, made)
            if made is None or fresh:
                others = plan.head.options.get("sources", ())
                with places(plan, others, sample.patient_id) as fetch, place.writing() as folder:
                    made = writer(plan.head.form).sample(plan.head, sample, fetch, folder)
                    _check_wanted(place, plan)
                    place.take(folder, made.files)
                    place.drop(_paths(before) - _paths(made))
                    place.keep(number, made)
    except CohortGraphError as error:
        return Outcome(
            number, name, error=str(error), stops=isinstance(error, Unwritable), lasting=isinstance(error, UsageError)
        )
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            full = unwritable(place.under_way, error.strerror or str(error))
            return Outcome(number, name, error=str(full), stops=True)
        return Outcome(number, name, error=_told(error), again=True)
    except MemoryError as error:
        return Outcome(number, name, error=_told(error), again=True)
    except Exception as error:  # a library's: the sample is named, the others go on
        return Outcome(number, name, error=_told(error))
    return Outcome(number, name, objects_of(sample), sum(each.size for each in made.files), len(made.missing), fresh)


def objects_of(sample: Sample) -> int:
    """How many objects a sample reads."""
    return sum(len(each.objects) for each in sample.series) + len(sample.labels)


def _check_wanted(place: Place, plan: Plan) -> None:
    """Whether a sample that was made is wanted still: its worker may have been taken for dead, or the export deleted.

    Raises
    ------
    Unwritable
        where it isn't.
    """
    if place.planned():
        with place.opened() as now:
            if now.head.identity == plan.head.identity:
                return
    raise Unwritable(
        f"{place.under_way} was finished, removed or planned anew by another; its files are left as they are"
    )


def _paths(made: Made | None) -> set[str]:
    return {each.path for each in made.files} if made else set()


def _holds(place: Place, made: Made) -> bool:
    """Whether a sample's files are what they were, and nothing of it is missing, which may be back."""
    return not made.missing and all(map(place.holds, made.files))


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
