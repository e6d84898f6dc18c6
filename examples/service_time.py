"""Service time: open hours of a calendar as spans of whole seconds, and what can be done with spans.

A span is a pair of seconds since 1970, the second one outside. A list of spans is in order and without overlaps, as
`joined` makes it.
"""
from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Iterable
from zoneinfo import ZoneInfo

Span = tuple[int, int]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def micros(text: str) -> int:
    """An instant (RFC 3339) in microseconds since 1970."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def whole_second(text: str) -> int:
    """The whole second in which an instant lies."""
    return micros(text) // 1_000_000


def local_instant(day: date, minute: int, zone: ZoneInfo, closing: bool = False) -> int:
    """When the zone's clock shows so many minutes of a date. In a repeated hour that is the first time, or for a
    closing the last; a time that the clock skips is the instant at which it skips."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    at = int(wall.replace(tzinfo=zone, fold=int(closing)).timestamp())
    if datetime.fromtimestamp(at, zone).replace(tzinfo=None) == wall:
        return at
    # Skipped: read with the offset after the change it lies before it, and the other way round.
    before, after = sorted(int(wall.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1))
    old = datetime.fromtimestamp(before, zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def minute_of(clock: str) -> int:
    """`07:30` in minutes; `24:00` is the next midnight."""
    return int(clock[:2]) * 60 + int(clock[3:])


class Calendar:
    """The open hours of one version of a service calendar."""

    def __init__(self, hours: dict[str, Any]) -> None:
        self.zone = ZoneInfo(hours["zone"])
        self.weekly = [hours["weekly"].get(day, []) for day in WEEKDAYS]
        self.exceptions = {date.fromisoformat(e["date"]): e.get("hours", []) for e in hours.get("exceptions", [])}
        self.known: dict[date, list[Span]] = {}

    def on(self, day: date) -> list[Span]:
        """The open spans of a local date; an exception replaces all its hours."""
        if day not in self.known:
            told = self.exceptions.get(day, self.weekly[day.weekday()])
            self.known[day] = joined((local_instant(day, minute_of(o["from"]), self.zone),
                                      local_instant(day, minute_of(o["to"]), self.zone, closing=True)) for o in told)
        return self.known[day]

    def open_dates(self, begin: int, end: int) -> list[list[Span]]:
        """What is open between two seconds, date by date."""
        if end <= begin:
            return []
        first, last = (datetime.fromtimestamp(at, self.zone).date() for at in (begin, end))
        days = (first + timedelta(days=n) for n in range(-1, (last - first).days + 2))
        return [overlap(self.on(day), [(begin, end)]) for day in days]

    def open_between(self, begin: int, end: int) -> list[Span]:
        """What is open between two seconds."""
        return joined(span for spans in self.open_dates(begin, end) for span in spans)


def joined(spans: Iterable[Span]) -> list[Span]:
    """What lies in any of them."""
    result: list[Span] = []
    for begin, end in sorted(spans):
        if end <= begin:
            continue
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return result


def overlap(some: list[Span], others: list[Span]) -> list[Span]:
    """What lies in both lists."""
    result, i, j = [], 0, 0
    while i < len(some) and j < len(others):
        begin, end = max(some[i][0], others[j][0]), min(some[i][1], others[j][1])
        if begin < end:
            result.append((begin, end))
        if some[i][1] <= others[j][1]:
            i += 1
        else:
            j += 1
    return result


def outside(some: list[Span], taken: list[Span]) -> list[Span]:
    """What lies in the first list and not in the second: between what is taken."""
    if not some:
        return []
    edges = [some[0][0], *(edge for span in taken for edge in span), some[-1][1]]
    gaps = [(a, b) for a, b in zip(edges[::2], edges[1::2]) if a < b]
    return overlap(some, gaps)


def inside(spans: list[Span], at: int) -> bool:
    return any(begin <= at < end for begin, end in spans)


def in_seconds(spans: list[Span]) -> list[Span]:
    """Spans of microseconds in whole seconds: each end counts from the second in which it lies."""
    return joined((begin // 1_000_000, end // 1_000_000) for begin, end in spans)


def seconds(spans: list[Span]) -> int:
    """How many seconds they have together."""
    return sum(end - begin for begin, end in spans)
