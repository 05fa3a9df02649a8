"""A moment at which something was acquired, and how far one is from another."""

from __future__ import annotations

from dataclasses import dataclass

DAY = 86400


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, a time of day where it is known, and the clock that told them where that is known.

    Attributes
    ----------
    days
        Since 1970-01-01.
    seconds
        Since midnight.
    zone
        Seconds by which the clock is ahead of UTC (Timezone Offset From UTC, PS3.3 C.12.1.1.8).
    """

    days: int
    seconds: float | None = None
    zone: int | None = None

    def since(self, other: Moment) -> float | None:
        """Seconds from another to this one, negative before it; None where either has no time of day.

        Clocks are compared as they are where the zone of one is not known.
        """
        if self.seconds is None or other.seconds is None:
            return None
        ahead = 0 if self.zone is None or other.zone is None else self.zone - other.zone
        return (self.days - other.days) * DAY + self.seconds - other.seconds - ahead

    def order(self) -> tuple[int, bool, float]:
        """By which those of one clock are sorted: a day's without a time of day after those with one."""
        return self.days, self.seconds is None, self.seconds or 0.0
