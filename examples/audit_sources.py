"""What an auditor computes from, read over the public API: no figure, nothing that the service computed.

Which version held on which days follows from what was agreed and recorded: terms, renewals, notice, termination, and
the version that came after.
"""
from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from typing import Any, Iterable, NamedTuple
from zoneinfo import ZoneInfo

from kundansvar_client import Service
from service_time import Calendar, Span, joined, local_instant, outside

Document = dict[str, Any]


class Version(NamedTuple):
    """A version of an agreement that both parties approved."""

    number: int
    customer: str | None
    # Inclusive, without a last day where it goes on.
    first_day: date
    last_day: date | None
    body: Document


def digest(document: Any) -> str:
    """SHA-256 of the canonical JSON (RFC 8785; these documents hold no fractions)."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_all(digests: Iterable[str]) -> str:
    """SHA-256 of digests, 32 bytes each, in ascending order."""
    return hashlib.sha256(b"".join(sorted(map(bytes.fromhex, digests)))).hexdigest()


def last_day(body: Document) -> date | None:
    """The last day in force: the earliest that something sets."""
    terms, ends = body["terms"], []
    if body.get("termination"):
        ends.append(body["termination"]["lastDay"])
    if body.get("notice"):
        ends.append(body["notice"]["endsOn"])
    if terms["renewal"] == "none":
        ends.append(terms["lastDay"])
    if terms["renewal"] == "express":
        ends.append(max([terms["lastDay"], *(renewal["lastDay"] for renewal in body["renewals"])]))
    days = [date.fromisoformat(day) for day in ends]
    if body.get("superseded"):
        days.append(date.fromisoformat(body["superseded"]["firstDay"]) - timedelta(days=1))
    return min(days, default=None)


def versions(service: Service, agreement: str) -> list[Version]:
    """The approved versions, the first one first."""
    customer = service.get(f"/agreements/{agreement}").body.get("customer")
    listed = service.get(f"/agreements/{agreement}/versions").body["versions"]
    approved = [v["number"] for v in listed if v["state"] not in ("draft", "proposed")]
    bodies = [service.get(f"/agreements/{agreement}/versions/{number}").body for number in sorted(approved)]
    first = [date.fromisoformat(body["terms"]["firstDay"]) for body in bodies]
    return [Version(body["number"], customer and customer["id"], day, last_day(body), body)
            for day, body in zip(first, bodies)]


def calendars(service: Service, version: Version) -> dict[str, Calendar]:
    """The calendars that a version pins, at the versions that were agreed with."""
    result = {}
    for pin in version.body["calendars"]:
        hours = service.get(f"/service-calendars/{pin['id']}/versions/{pin['version']}").body["hours"]
        if digest(hours) != pin["digest"]:
            raise ValueError(f"calendar {pin['name']} is not the one that was agreed with")
        result[pin["id"]] = Calendar(hours)
    return result


def used(service: Service, version: Version, days: Span, zone: ZoneInfo) -> dict[str, list[Span]]:
    """When each covered service was used by the customers whom the version covers: its own, and unless it says
    `thisOnly` those below, without the days on which a nearer agreement covers the service (R8)."""
    covered = [covered["id"] for covered in version.body["services"]]
    if version.customer is None:
        return {item: [days] for item in covered}
    spans: dict[str, list[Span]] = {item: [] for item in covered}

    def gather(customer: str, nearer: list[Version]) -> None:
        for usage in service.items(f"/customers/{customer}/service-usages"):
            item = usage["service"]["id"]
            if item in spans:
                own = [span(v.first_day, v.last_day) for v in nearer if item in services_of(v)
                       and (v.customer == customer or not v.body["content"].get("thisOnly", False))]
                until = date.fromisoformat(usage["lastDay"]) if usage.get("lastDay") else None
                spans[item] += outside([span(date.fromisoformat(usage["firstDay"]), until)], joined(own))
        if version.body["content"].get("thisOnly", False):
            return
        for below in service.items("/customers", parent=customer):
            agreed = service.items("/agreements", customer=below["id"])
            found = [v for other in agreed if other["kind"] == "sla" for v in versions(service, other["id"])]
            gather(below["id"], [*nearer, *found])

    def span(first: date, last: date | None) -> Span:
        until = days[1] if last is None else local_instant(last + timedelta(days=1), 0, zone)
        begin = max(days[0], local_instant(first, 0, zone))
        return begin, max(begin, min(days[1], until))

    gather(version.customer, [])
    return {item: joined(of_item) for item, of_item in spans.items()}


def services_of(version: Version) -> set[str]:
    return {service["id"] for service in version.body["services"]}
