"""DA, TM and DT values (PS3.5 6.2) as dates and ISO 8601 strings, and back without loss of precision."""

from __future__ import annotations

import re
from datetime import date, time

EPOCH = date(1970, 1, 1).toordinal()

_DA = re.compile(r"(\d{4})([.-]?)(\d{2})\2(\d{2})", re.ASCII)  # with points: ACR-NEMA 2.0
_TM = re.compile(r"(\d{2})(?:(:?)(\d{2})(?:\2(\d{2})(\.\d{1,6})?)?)?", re.ASCII)  # with colons: ACR-NEMA 2.0
_DT = re.compile(r"(\d{4})(\d{2})?(\d{2})?(\d[\d.]*)?([+-]\d{4})?", re.ASCII)


def to_date(da: str) -> date:
    """A DA value as a date; ValueError where it is none."""
    match = _DA.fullmatch(da.strip())
    if match is None:
        raise ValueError(f"{da!r} is not a date (YYYYMMDD)")
    return date(int(match[1]), int(match[3]), int(match[4]))


def days(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH


def to_iso_time(tm: str) -> str:
    """A TM value in ISO 8601, as precise as it was: ``1130`` → ``11:30``; ValueError where it is none.

    A leap second (``…60``) stays.
    """
    match = _TM.fullmatch(tm.strip())
    if match is None:
        raise ValueError(f"{tm!r} is not a time (HHMMSS.FFFFFF)")
    hour, _, minute, second, fraction = match.groups()
    time(int(hour), int(minute or 0), 0 if second == "60" else int(second or 0))
    return ":".join(part for part in (hour, minute, second) if part) + (fraction or "")


def to_iso_datetime(dt: str) -> str:
    """A DT value in ISO 8601, as precise as it was; ValueError where it is none.

    ``20190102113000.5+0100`` → ``2019-01-02T11:30:00.5+01:00``.
    """
    match = _DT.fullmatch(dt.strip())
    if match is None or (match[4] and not match[3]):
        raise ValueError(f"{dt!r} is not a date and time (YYYYMMDDHHMMSS.FFFFFF&ZZXX)")
    year, month, day, clock, zone = match.groups()
    date(int(year), int(month or 1), int(day or 1))
    written = "-".join(part for part in (year, month, day) if part)
    if clock:
        written += "T" + to_iso_time(clock)
    return written + (f"{zone[:3]}:{zone[3:]}" if zone else "")


def from_date(day: date) -> str:
    """A date as DA."""
    return f"{day.year:04}{day.month:02}{day.day:02}"


def from_iso_time(iso: str) -> str:
    """The TM value that `to_iso_time` read."""
    return iso.replace(":", "")


def from_iso_datetime(iso: str) -> str:
    """The DT value that `to_iso_datetime` read."""
    day, separator, clock = iso.partition("T")
    if not separator and (zone := re.search(r"[+-]\d\d:\d\d$", day)):
        return day[: zone.start()].replace("-", "") + zone[0].replace(":", "")
    return day.replace("-", "") + clock.replace(":", "")
