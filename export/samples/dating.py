"""When series were acquired: by the first of their frozen objects.

Its date is that of Acquisition DateTime, else Acquisition Date, Content Date, Series Date, Study Date: the first that
is there; its time is the first that goes with that date. Timezone Offset From UTC is read from the kept header.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from ...dicom.header import restore
from ...dicom.values import MalformedValue, texts
from ...errors import StoreError
from ...graph.asking import ask, ids
from ...graph.engine import Engine, Row
from ..plan.kept import KeptHeaders
from ..plan.model import PlannedObject
from .gathered import Gathered, Series
from .moment import Moment

_EPOCH = date(1970, 1, 1).toordinal()
_TIMEZONE_OFFSET_FROM_UTC = 0x00080201
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)")
_DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:T([\d:.]+))?([+-]\d\d:\d\d)?")
_INSTANCE = (
    "MATCH (i:Instance {id: r.id}) RETURN i.id AS id, i.acquisitionDateTime AS acquired, "
    "i.acquisitionDateDays AS days0, i.acquisitionTime AS time0, i.contentDateDays AS days1, i.contentTime AS time1"
)
_SERIES = (
    "MATCH (s:Series {id: r.id}) RETURN s.id AS id, s.seriesDateDays AS days2, s.seriesTime AS time2, "
    "s.studyDateDays AS days3"
)
_STUDY = "MATCH (t:Study {id: r.id}) RETURN t.id AS id, t.studyTime AS time3"


def set_moments(
    engine: Engine, patients: Sequence[Gathered], headers: KeptHeaders | None, wanted: Callable[[Series], bool]
) -> None:
    """Let the series that are wanted know when they were acquired."""
    found = [(patient, series) for patient in patients for series in patient.series.values() if wanted(series)]
    of_series = {row["id"]: row for row in ask(engine, _SERIES, ids({each.uid for _, each in found}))}
    of_study = {row["id"]: row for row in ask(engine, _STUDY, ids({each.study for _, each in found}))}
    objects = ids({each.sop_instance_uid for _, series in found for each in series.objects})
    of_object = {row["id"]: row for row in ask(engine, _INSTANCE, objects)}
    for patient, series in found:
        above = {**of_study.get(series.study, {}), **of_series.get(series.uid, {})}
        dated = [
            (moment, each)
            for each in series.objects
            if (moment := _moment({**above, **of_object.get(each.sop_instance_uid, {})}))
        ]
        if dated:
            moment, first = min(dated, key=lambda pair: pair[0].order())
            if moment.zone is None and moment.seconds is not None:
                moment = replace(moment, zone=_zone_of(first, headers))
            patient.series[series.uid] = replace(series, moment=moment)


def _moment(row: Row) -> Moment | None:
    told = list(_told(row))
    if not told:
        return None
    days = told[0].days
    return next((each for each in told if each.days == days and each.seconds is not None), told[0])


def _told(row: Row) -> Iterator[Moment]:
    """What each attribute says, the nearest to the acquisition first."""
    if acquired := _DATE_TIME.fullmatch(row.get("acquired") or ""):
        day, time, zone = acquired.groups()
        yield Moment(date.fromisoformat(day).toordinal() - _EPOCH, _seconds(time), _zone(zone))
    for number in range(4):
        if (days := row.get(f"days{number}")) is not None:
            yield Moment(days, _seconds(row.get(f"time{number}")))


def _seconds(time: str | None) -> float | None:
    """Of an ISO 8601 time, since midnight; parts that are not given count as 0."""
    if not time:
        return None
    hour, minute, second = [*map(float, time.split(":")), 0.0, 0.0][:3]
    return (hour * 60 + minute) * 60 + second


def _zone(text: str | None) -> int | None:
    found = _ZONE.fullmatch(text or "")
    if not found:
        return None
    sign, hours, minutes = found.groups()
    return (-1 if sign == "-" else 1) * (int(hours) * 60 + int(minutes)) * 60


def _zone_of(of: PlannedObject, headers: KeptHeaders | None) -> int | None:
    if headers is None:
        return None
    try:
        told = texts(restore(headers.get(of.header_digest)), _TIMEZONE_OFFSET_FROM_UTC)
        return _zone(next(iter(told), ""))
    except (StoreError, MalformedValue):  # replaced since it was frozen, or no text
        return None
