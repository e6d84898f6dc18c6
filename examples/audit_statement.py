"""Computes the figures of a statement again, and compares: what an auditor does who takes nobody's word.

It reads the statement's evidence, the agreement's versions, the calendars that they pin, who used the services when,
and the exclusions; from these it computes each target by its own arithmetic (whole numbers and fractions). It checks
the digest of each piece of evidence and of all together. Only then it opens the figures. It ends with 1 where they
differ.

    python3 audit_statement.py --url http://127.0.0.1:8080 --token auditor.token STATEMENT...

Whose evidence it is, the service alone knows for all customers: a measurement that it left out does not show here.
Usages are read as they are today: what was changed of past days after the figures had been laid before the customer
shows as a difference, and rightly so.
"""
from __future__ import annotations

import argparse
import sys
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple
from zoneinfo import ZoneInfo

import audit_sources
from audit_sources import Document, Version
from kundansvar_client import Service
from service_time import (Calendar, Span, in_seconds, inside, joined, local_instant, micros, outside, overlap, seconds,
                          whole_second)

IN_EFFECT = {"consented", "pre_agreed"}
PER_CENT = Fraction(100)


class Figure(NamedTuple):
    """A figure with what it was made of. `k` is none where it is no share, `value` where there was nothing."""

    n: int
    k: int | None
    value: Fraction | None

    @classmethod
    def share(cls, k: int, n: int) -> Figure:
        return cls(n, k, PER_CENT * k / n if n else None)

    def differs(self, told: Document) -> bool:
        value = None if told.get("value") is None else Fraction(told["value"])
        shown = None if self.value is None else round(self.value, 6)
        return (self.n, self.k, shown) != (told["n"], told.get("k"), value)

    def __str__(self) -> str:
        value = "none" if self.value is None else f"{float(round(self.value, 6)):.6f}".rstrip("0").rstrip(".")
        return f"{value} (n {self.n}, k {'none' if self.k is None else self.k})"


class Part:
    """A version of the agreement on its own days of the period, and what is known of them (R11)."""

    def __init__(self, version: Version, days: Span, until: int, evidence: list[Document], exclusions: list[Document],
                 used: dict[str, list[Span]], calendars: dict[str, Calendar]) -> None:
        """`until` is when the figures were computed, in microseconds; a running period is cut there."""
        self.version, self.used, self.calendars = version, used, calendars
        self.begin, self.end = days[0] * 1_000_000, min(days[1] * 1_000_000, until)
        self.days = (days[0], max(days[0], self.end // 1_000_000))
        self.content = version.body["content"]
        self.covered = [service["id"] for service in version.body["services"]]
        self.exclusions = exclusions
        self.evidence = [line for line in evidence if self.falls_here(line)]

    def falls_here(self, line: Document) -> bool:
        """An outage touches the days, a case was resolved in them, a sample was read in them."""
        sent = line["sent"]
        if line["kind"] == "outage":
            return micros(sent["from"]) < self.end and (sent.get("to") is None or micros(sent["to"]) > self.begin)
        at = sent.get("resolved") if line["kind"] == "case" else sent["observedAt"]
        return at is not None and self.begin <= micros(at) < self.end

    def targets(self, kind_of_period: str) -> list[Document]:
        return [target for target in self.content["targets"] if target["period"] == kind_of_period]

    def services(self, target: Document) -> list[str]:
        return target.get("services") or self.covered

    def of_target(self, target: Document) -> list[Document]:
        """The evidence that bears on a target: of its services, and what its indicator filters by."""
        indicator = target["indicator"]
        kind = {"availability": "outage", "timeliness": "case", "gauge": "sample"}.get(indicator["kind"])
        of_kind = [e for e in self.evidence if e["kind"] == kind and e["service"] in self.services(target)]
        if kind == "outage":
            return [line for line in of_kind if not line["sent"].get("planned", False)]
        if kind == "case":
            return [line for line in of_kind if self.asks_for(indicator, line["sent"])]
        unit = indicator.get("unit")
        return [line for line in of_kind if line["sent"]["metric"] == indicator["metric"]
                and (unit is None or line["sent"]["unit"] == unit)]

    def asks_for(self, indicator: Document, case: Document) -> bool:
        """Whether a target is about such cases."""
        kinds, priorities = indicator.get("caseKinds"), indicator.get("priorities")
        if kinds and case.get("category") not in kinds:
            return False
        return not priorities or self.priority(indicator.get("countedPriority", "highest"), case) in priorities

    def priority(self, which: str, case: Document) -> str:
        """The priority of a case that counts."""
        last = case["priority"]
        had = case.get("priorityHistory") or [{"priority": last, "since": case["opened"]}]
        if which == "at_opening":
            return str(had[0]["priority"])
        if which == "at_resolution":
            by_then = [h for h in had if micros(h["since"]) <= micros(case["resolved"])]
            return str((by_then or had[:1])[-1]["priority"])
        words: list[str] = self.content.get("priorities") or []
        strictness = {word: place for place, word in enumerate(words)}
        return str(min([last, *(h["priority"] for h in had)], key=lambda word: strictness.get(word, len(words))))

    def excluded(self, target: Document, service: str) -> list[Span]:
        """What has left the agreed figure of a target as far as a service is concerned (R23), in microseconds."""
        bear = [e for e in self.exclusions if e.get("target") in (None, target["key"])
                and (e.get("service") is None or e["service"]["id"] == service)]
        return joined((micros(e["from"]), micros(e["to"])) for e in bear)

    def figures(self, target: Document) -> tuple[Figure, Figure]:
        """The agreed figure, and the raw one from which nothing is excluded."""
        judge = {"availability": self.available, "timeliness": self.timely, "gauge": self.gauged}
        of = judge[target["indicator"]["kind"]]
        nothing: dict[str, list[Span]] = {service: [] for service in self.services(target)}
        return of(target, {s: self.excluded(target, s) for s in nothing}), of(target, nothing)

    def available(self, target: Document, excluded: dict[str, list[Span]]) -> Figure:
        """Of several services the agreed time is when any of them was agreed, downtime when any of these was down."""
        agreed: list[Span] = []
        down: list[Span] = []
        open_time = self.calendars[target["calendar"]].open_between(*self.days)
        outages = self.of_target(target)
        for service in self.services(target):
            here = outside(overlap(open_time, self.used.get(service, [])), in_seconds(excluded[service]))
            told = [line["sent"] for line in outages if line["service"] == service]
            lasted = ((whole_second(o["from"]), whole_second(o["to"]) if o.get("to") else self.days[1]) for o in told)
            agreed += here
            down += overlap(here, joined(lasted))
        n = seconds(joined(agreed))
        return Figure.share(n - seconds(joined(down)), n)

    def timely(self, target: Document, excluded: dict[str, list[Span]]) -> Figure:
        cases = self.of_target(target)
        within = [self.in_time(target, line["sent"], excluded[line["service"]]) for line in cases]
        return Figure.share(sum(within), len(cases))

    def in_time(self, target: Document, case: Document, excluded: list[Span]) -> bool:
        """Whether a case took no longer than its limit in open seconds, or in open days."""
        indicator, calendar = target["indicator"], self.calendars[target["calendar"]]
        reopenings = case.get("reopenings") or []
        stop = case["resolved"]
        stopped = [(p["from"], p.get("to")) for p in case.get("pauses") or []]
        if indicator["measured"] == "response":
            # What is resolved has been responded to, also where nobody wrote it down.
            known = [case.get("responded"), stop, *(r["resolved"] for r in reopenings)]
            stop = min((at for at in known if at is not None), key=micros)
        elif not indicator.get("reopenedTimeCounts", False):
            stopped += [(r["resolved"], r["reopened"]) for r in reopenings]
        begin, end = whole_second(case["opened"]), whole_second(stop)
        waits = [(whole_second(a), end if b is None else whole_second(b)) for a, b in stopped]
        standing = joined([*waits, *in_seconds(excluded)])
        limit = indicator["limit"]
        if limit.endswith("D"):
            by_date = calendar.open_dates(begin, end)
            return sum(bool(seconds(outside(spans, standing))) for spans in by_date) <= int(limit[1:-1])
        return seconds(outside(calendar.open_between(begin, end), standing)) <= open_seconds(limit)

    def gauged(self, target: Document, excluded: dict[str, list[Span]]) -> Figure:
        read = [line for line in self.of_target(target)
                if not inside(excluded[line["service"]], micros(line["sent"]["observedAt"]))]
        values = sorted(Fraction(line["sent"]["value"]) for line in read)
        if not values:
            return Figure(0, None, None)
        figure, n = target["indicator"]["figure"], len(values)
        if isinstance(figure, dict):
            rank = -(-Fraction(figure["percentile"]) * n // 100)
            return Figure(n, None, values[int(rank) - 1])
        latest = max(read, key=lambda line: (micros(line["sent"]["observedAt"]), micros(line["receivedAt"])))
        whole = sum(values, Fraction(0))
        value = {"mean": whole / n, "min": values[0], "max": values[-1], "sum": whole,
                 "last": Fraction(latest["sent"]["value"])}[figure]
        return Figure(n, None, value)


def open_seconds(limit: str) -> int:
    """`PT1H30M` in seconds."""
    total, digits = 0, ""
    for sign in limit.removeprefix("PT"):
        if sign.isdigit():
            digits += sign
        else:
            total, digits = total + int(digits) * {"H": 3600, "M": 60, "S": 1}[sign], ""
    return total


def verdict(target: Document, agreed: Figure) -> str:
    """R12: too little evidence is never `met`."""
    if target["indicator"]["kind"] == "availability":
        if agreed.value is None:
            return "not_applicable"
    elif agreed.value is None or agreed.n < target.get("minimumObservations", 1):
        return "insufficient_data"
    assert agreed.value is not None
    value = Fraction(target["value"])
    kept = {"at_least": agreed.value >= value, "at_most": agreed.value <= value,
            "above": agreed.value > value, "below": agreed.value < value}[target["comparison"]]
    return "met" if kept else "missed"


def parts_of(service: Service, statement: Document, evidence: list[Document], zone: ZoneInfo) -> Iterator[Part]:
    """Each version that was in force in the period, on its days."""
    first, last = (date.fromisoformat(statement[day]) for day in ("firstDay", "lastDay"))
    # Figures that were laid before the customer know nothing of what was decided later.
    laid = micros(statement["proposal"]["at"]) if statement.get("proposal") else None
    exclusions = [e for e in service.items("/exclusions", agreement=statement["agreement"]["id"])
                  if e["state"] in IN_EFFECT
                  and (laid is None or micros((e.get("decision") or {"at": e["createdAt"]})["at"]) <= laid)]
    for version in audit_sources.versions(service, statement["agreement"]["id"]):
        begin, end = max(first, version.first_day), min(last, version.last_day or last)
        if begin > end:
            continue
        span = (local_instant(begin, 0, zone), local_instant(end + timedelta(days=1), 0, zone))
        used = audit_sources.used(service, version, span, zone)
        hours = audit_sources.calendars(service, version)
        yield Part(version, span, micros(statement["figures"]["until"]), evidence, exclusions, used, hours)


def compare(parts: Iterable[Part], statement: Document) -> Iterator[tuple[str, str | None]]:
    """Each target, with what is different about it."""
    period = statement["period"]
    kind = "quarter" if "Q" in period else "month" if "-" in period else "year"
    told = {(part["version"], figure["target"]): figure
            for part in statement["figures"]["parts"] for figure in part["targets"]}
    for part in parts:
        for target in part.targets(kind):
            name = f"version {part.version.number}, {target['key']}"
            figure = told.pop((part.version.number, target["key"]), None)
            if figure is None:
                yield name, "the statement has no figure"
            elif target["indicator"]["kind"] == "satisfaction":
                yield name, None
            else:
                agreed, raw = part.figures(target)
                said = verdict(target, agreed)
                wrong = [f"{which} is {own}, the statement says {figure[which]}"
                         for which, own in (("agreed", agreed), ("raw", raw)) if own.differs(figure[which])]
                if said != figure["verdict"]:
                    wrong.append(f"it is {said}, the statement says {figure['verdict']}")
                yield f"{name}: {agreed}, {said}", "; ".join(wrong) or None
    for version, key in told:
        yield f"version {version}, {key}", "nothing that was agreed"


def audit(service: Service, statement_id: str, zone: ZoneInfo) -> int:
    """How many things differ."""
    path = f"/service-level-statements/{statement_id}"
    evidence = service.lines(f"{path}/evidence")
    broken = [line for line in evidence if audit_sources.digest(line["sent"]) != line["digest"]]
    found: list[tuple[str, str | None]] = [
        (f"evidence {line['sent']['sourceId']}", "is not what its digest says") for line in broken]
    statement = service.get(path).body
    parts = list(parts_of(service, statement, evidence, zone))
    summary = {"measurements": len(evidence), "digest": audit_sources.digest_of_all(e["digest"] for e in evidence)}
    told = statement["figures"]["evidence"]
    found.append((f"evidence: {len(evidence)} measurements", None if summary == told else f"{summary}, not {told}"))
    found += compare(parts, statement)
    for what, different in found:
        print(f"{statement['period']} {what}: {different or 'the same'}")
    return sum(different is not None for _, different in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("statements", nargs="+", metavar="STATEMENT", help="ids of statements")
    parser.add_argument("--url", required=True, help="where Kundansvar runs")
    parser.add_argument("--token", type=Path, required=True, help="file with an auditor's token")
    parser.add_argument("--zone", type=ZoneInfo, default=ZoneInfo("Europe/Stockholm"),
                        help="the organisation's time zone, in which days begin and end")
    options = parser.parse_args()
    service = Service.for_bearer(options.url, options.token)
    differences = sum(audit(service, statement, options.zone) for statement in options.statements)
    print(f"{len(options.statements)} statements, {differences} differences")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
