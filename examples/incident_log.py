"""The incident log's file format, and what an incident becomes.

Each row of the log is an incident as it was at `sys_updated_at`. The file repeats an incident's last `resolved_at` and
`closed_at` on all its rows; nobody knew them then, so they are not read. When it was resolved follows from its states.
Times are local and tell no zone: that they are Swedish is an assumption of this example.
"""
from __future__ import annotations

import csv
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple
from zoneinfo import ZoneInfo

from helpdesk import reference

ZONE = ZoneInfo("Europe/Stockholm")
PRIORITIES = ("1 - Critical", "2 - High", "3 - Moderate", "4 - Low")
WAITS = "Awaiting"
DONE = {"Resolved", "Closed"}


class Row(NamedTuple):
    """An incident as it was at one time."""

    at: datetime
    number: str
    state: str
    priority: str
    opened: datetime
    made_sla: bool


def instant(text: str) -> datetime:
    return datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=ZONE).astimezone(timezone.utc)


def rows(file: Path) -> list[Row]:
    """The log in the order in which it happened. Rows of one minute stand in the order of their count of changes. Where
    a row is older than its incident's opening, the opening was entered later; the row counts from there."""
    with file.open(newline="", encoding="utf-8-sig") as lines:
        told = sorted(csv.DictReader(lines), key=lambda row: int(row["sys_mod_count"]))
    found = [(instant(row["opened_at"]), row) for row in told]
    parsed = (Row(max(opened, instant(row["sys_updated_at"])), row["number"], row["incident_state"], row["priority"],
                  opened, row["made_sla"] == "TRUE") for opened, row in found)
    return sorted(parsed, key=lambda row: row.at)


class Incident:
    """What is known of an incident so far."""

    def __init__(self, first: Row) -> None:
        self.opened, self.told = first.opened, 0
        self.responded: datetime | None = None
        self.resolved: datetime | None = None
        self.waits_since: datetime | None = None
        self.reopenings: list[dict[str, str]] = []
        self.pauses: list[dict[str, str]] = []
        self.priorities = [{"priority": first.priority, "since": text(first.opened)}]

    def learn(self, row: Row) -> None:
        """Takes a row in."""
        self.told += 1
        if row.state != "New" and self.responded is None:
            self.responded = row.at
        if self.waits_since and not row.state.startswith(WAITS):
            self.pauses.append({"from": text(self.waits_since), "to": text(row.at)})
            self.waits_since = None
        elif row.state.startswith(WAITS) and self.waits_since is None:
            self.waits_since = row.at
        if row.state in DONE:
            self.resolved = self.resolved or row.at
        elif self.resolved:
            self.reopenings.append({"resolved": text(self.resolved), "reopened": text(row.at)})
            self.resolved = None
        if row.priority != self.priorities[-1]["priority"]:
            self.priorities.append({"priority": row.priority, "since": text(row.at)})

    def case(self, row: Row, customer: str, service: str) -> dict[str, Any]:
        """What is told of it after a row. Each row is a new version of the same case."""
        lasting = [{"from": text(self.waits_since)}] if self.waits_since else []
        case = {
            "kind": "case",
            "source": reference(row.number)["system"],
            "sourceId": row.number,
            "sourceVersion": self.told,
            "observedAt": text(row.at),
            "customer": reference(customer),
            "service": reference(service),
            "category": "incident",
            "priority": row.priority,
            "opened": text(self.opened),
            "pauses": self.pauses + lasting,
            "reopenings": list(self.reopenings),
        }
        if len(self.priorities) > 1:
            case["priorityHistory"] = list(self.priorities)
        for member, at in (("responded", self.responded), ("resolved", self.resolved)):
            if at:
                case[member] = text(at)
        return case


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def cases(log: Iterable[Row], customer: str, service: str) -> Iterator[tuple[Row, dict[str, Any]]]:
    """The log as measurements, one for each row."""
    known: dict[str, Incident] = {}
    for row in log:
        incident = known.setdefault(row.number, Incident(row))
        incident.learn(row)
        yield row, incident.case(row, customer, service)
