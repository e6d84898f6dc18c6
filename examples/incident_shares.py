"""The same shares straight from the log, by another way: a tape of minutes, each of them open or not.

No case is built, no interval cut: the minutes between two rows count if the incident was being worked on, and if the
tape says open. It shares only the reading of the file with what is sent to the service, and knows limits and holidays
by itself.
"""
from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta, timezone
from itertools import accumulate
from typing import Iterable, NamedTuple

from incident_log import DONE, PRIORITIES, WAITS, ZONE, Row

# Weekdays from 7 to 18 without these; the first priority is counted around the clock.
HOLIDAYS = {date(2016, 3, 25), date(2016, 3, 28), date(2016, 5, 5), date(2016, 6, 6), date(2016, 12, 26),
            date(2017, 1, 6)}
HOURS = range(7, 18)
MINUTES = {"1 - Critical": 4 * 60, "2 - High": 8 * 60}
DAYS = {"3 - Moderate": 3, "4 - Low": 5}
MINUTE = timedelta(minutes=1)


class Outcome(NamedTuple):
    """An incident that was resolved in a month."""

    number: str
    within: bool
    made_sla: bool
    paused: bool
    # From its opening on, without any stop.
    lasted: timedelta


class Tape:
    """For each minute how many open ones came before it, and its local date."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self.first = first
        local = [(first + n * MINUTE).astimezone(ZONE) for n in range((last - first) // MINUTE + 1)]
        self.dates = [at.date() for at in local]
        opens = [at.weekday() < 5 and at.hour in HOURS and at.date() not in HOLIDAYS for at in local]
        self.opens, self.before = opens, [0, *accumulate(opens)]

    def place(self, at: datetime) -> int:
        return (at - self.first) // MINUTE

    def minutes(self, begin: datetime, end: datetime, around_the_clock: bool) -> int:
        a, b = self.place(begin), self.place(end)
        return b - a if around_the_clock else self.before[b] - self.before[a]

    def days(self, begin: datetime, end: datetime) -> set[date]:
        return {self.dates[n] for n in range(self.place(begin), self.place(end)) if self.opens[n]}


def months(log: list[Row]) -> list[tuple[str, datetime, datetime]]:
    """Each month of the log with its first instant and the one after its last."""
    first, last = log[0].at.astimezone(ZONE), log[-1].at.astimezone(ZONE)
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    begins = [datetime(n // 12, n % 12 + 1, 1, tzinfo=ZONE) for n in (*numbers, numbers[-1] + 1)]
    return [(f"{a:%Y-%m}", a.astimezone(timezone.utc), b.astimezone(timezone.utc)) for a, b in zip(begins, begins[1:])]


def judged(known: list[Row], priority: str, tape: Tape) -> bool:
    """Whether an incident that is resolved was so in time: the minutes in which it was worked on, row by row."""
    minutes, days = 0, set()
    begin, works = known[0].opened, True
    for row in known:
        if works and priority in MINUTES:
            minutes += tape.minutes(begin, row.at, priority == PRIORITIES[0])
        elif works:
            days |= tape.days(begin, row.at)
        begin, works = row.at, row.state not in DONE and not row.state.startswith(WAITS)
    return minutes <= MINUTES[priority] if priority in MINUTES else len(days) <= DAYS[priority]


def shares(log: list[Row]) -> dict[tuple[str, str], list[Outcome]]:
    """By month and priority, what was resolved in the month as it was known at the month's end."""
    tape = Tape(min(row.opened for row in log), log[-1].at)
    incidents: dict[str, list[Row]] = defaultdict(list)
    for row in log:
        incidents[row.number].append(row)
    found: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for month, begin, end in months(log):
        for number, all_rows in incidents.items():
            known = [row for row in all_rows if row.at < end]
            resolved = resolution(known)
            if resolved is None or resolved < begin:
                continue
            priority = min(row.priority for row in known)
            paused = any(row.state.startswith(WAITS) for row in known)
            made, lasted = all_rows[-1].made_sla, resolved - known[0].opened
            found[month, priority].append(Outcome(number, judged(known, priority, tape), made, paused, lasted))
    return found


def resolution(known: Iterable[Row]) -> datetime | None:
    """Since when an incident is resolved; none while it is not."""
    since = None
    for row in known:
        since = (since or row.at) if row.state in DONE else None
    return since


def one_limit(outcomes: list[Outcome]) -> tuple[int, timedelta]:
    """How many of the log's own marks follow if a clock that never stops is held against one limit, and the limit that
    explains most of them."""
    by_time = sorted(outcomes, key=lambda outcome: outcome.lasted)
    right = sum(not outcome.made_sla for outcome in by_time)
    best = (right, timedelta())
    for outcome in by_time:
        right += 1 if outcome.made_sla else -1
        best = max(best, (right, outcome.lasted))
    return best
