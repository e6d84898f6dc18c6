"""Plays a year of an incident log: evidence as it came, month after month closed, audited and computed another way.

It starts the service, sets the stage, sends each row of the log as the case that was known then, in the order in which
it happened, a day at a time; at each month's end the delivery manager proposes the statement, the customer accepts it,
and it is closed. It fails unless a computation straight from the log gives the same cases and shares, and the auditor's
program the same figures.

    python3 service_levels.py [--kill] [--database-url URL] [--plot FILE.svg] BINARY FILE
"""
from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import threading
import time
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any

import helpdesk
import incident_log
import incident_shares
import plot_shares
import set_up
from incident_shares import Outcome
from kundansvar_client import Service
from replay import KILLS, Process, Stage

CUSTOMER, SERVICE = "Organisation", "IT support"
DESK = {"name": "Incident log", "scopes": ["measurements.write"], "systems": [helpdesk.SYSTEM]}
ALWAYS, OFFICE = "Around the clock", "Weekdays 7 to 18"
# Key, priority, limit and calendar of each promise; each is kept for four cases of five.
PROMISES = (("critical", "1 - Critical", "PT4H", ALWAYS), ("high", "2 - High", "PT8H", OFFICE),
            ("moderate", "3 - Moderate", "P3D", OFFICE), ("low", "4 - Low", "P5D", OFFICE))
Shares = dict[tuple[str, str], list[Outcome]]


class People:
    """Those who act: the desk's program, both managers, the customer's contact, and the auditor."""

    def __init__(self, stage: Stage, desk: dict[str, str], contact: str, manager: str) -> None:
        def signed_in(kind: str, subject: str) -> Service:
            return Service.for_bearer(stage.url, stage.token(kind, subject))

        self.desk = Service(stage.url, credentials=(desk["clientId"], desk["clientSecret"]))
        self.manager = signed_in("person", manager)
        self.delivery = signed_in("person", manager.replace("manager.", "delivery."))
        self.contact = signed_in("contact", contact)
        self.auditor = signed_in("auditor", "replay")


def calendars(admin: Service, years: list[int]) -> dict[str, str]:
    """The two calendars, with the holidays by law."""
    weekdays = ("monday", "tuesday", "wednesday", "thursday", "friday")
    week = {OFFICE: {day: [{"from": "07:00", "to": "18:00"}] for day in weekdays},
            ALWAYS: {day: [{"from": "00:00", "to": "24:00"}] for day in (*weekdays, "saturday", "sunday")}}
    proposed = [p for year in years for p in admin.get("/holiday-proposals", year=year).body["items"]]
    holidays = [{"date": p["date"], "label": p["name"]["sv"]} for p in proposed if p["kind"] == "holiday"]
    made = {}
    for name, weekly in week.items():
        hours: dict[str, Any] = {"zone": str(incident_log.ZONE), "weekly": weekly}
        if name == OFFICE:
            hours["exceptions"] = holidays
        made[name] = admin.post("/service-calendars", {"name": name, "hours": hours}).body["id"]
    return made


def target(key: str, priority: str, limit: str, calendar: str) -> dict[str, Any]:
    return {"key": key, "name": f"{priority}: resolved within {limit}", "comparison": "at_least", "value": "80",
            "period": "month", "calendar": calendar,
            "indicator": {"kind": "timeliness", "measured": "resolution", "limit": limit, "priorities": [priority]}}


def agree(people: People, customer: str, service: str, hours: dict[str, str], days: tuple[str, str]) -> str:
    """An agreement that both parties have approved."""
    content = {"title": SERVICE, "language": "en", "priorities": list(incident_log.PRIORITIES),
               "targets": [target(key, priority, limit, hours[name]) for key, priority, limit, name in PROMISES]}
    draft = {"services": [service], "content": content,
             "terms": {"firstDay": days[0], "lastDay": days[1], "renewal": "none"}}
    made = people.manager.post("/agreements", {"kind": "sla", "customer": customer, "evidence": "document",
                                               "draft": draft}).body["id"]
    version = f"/agreements/{made}/versions/1"
    people.manager.post(f"{version}/proposal", if_match=people.manager.get(version).etag)
    for party in (people.manager, people.contact):
        seen = party.get(version)
        party.post(f"{version}/approvals", {"digest": seen.body["digest"]}, if_match=seen.etag)
    return str(made)


def set_stage(stage: Stage, months: list[str]) -> tuple[People, str]:
    """Customer, service, team, calendars and agreement; gives those who act, and the agreement."""
    admin = Service.for_bearer(stage.url, stage.token("administrator", "replay"))
    told = {"code": set_up.slug(SERVICE).upper(), "name": SERVICE, "references": [helpdesk.reference(SERVICE)]}
    service = admin.post("/services", told).body["id"]
    who = set_up.customer(admin, CUSTOMER, [service])
    team, manager = set_up.team(admin, set_up.TEAMS[0], [service])
    set_up.assign(admin, who["customer"], team)
    people = People(stage, set_up.client(admin, DESK), who["contact"], manager)
    hours = calendars(admin, sorted({int(month[:4]) for month in months}))
    days = (f"{months[0]}-01", f"{int(months[-1][:4]) + 1}-12-31")
    return people, agree(people, who["customer"], service, hours, days)


def send(people: People, log: list[tuple[incident_log.Row, dict[str, Any]]], service: Process, kills: set[str]) -> None:
    """A month's rows, a day at a time. A service that is killed while it takes them in gets them again."""
    for day, told in groupby(log, key=lambda entry: f"{entry[0].at:%Y-%m-%d}"):
        killer = threading.Timer(random.uniform(0, 0.05), service.kill)
        if day in kills:
            killer.start()
        report = people.desk.send_lines(f"/measurements?batch={day}", [case for _, case in told]).body
        counts = report["summary"]["counts"]
        assert counts["rejected"] == counts["quarantined"] == 0, report
        if day in kills:
            killer.join()


def close(people: People, agreement: str, month: str) -> dict[str, Any]:
    """The month's statement: opened, laid before the customer, accepted, closed."""
    told = {"agreement": agreement, "period": month}
    path = f"/service-level-statements/{people.delivery.post('/service-level-statements', told).body['id']}"

    def act(who: Service, what: str, body: Any = None) -> dict[str, Any]:
        return dict(who.post(f"{path}/{what}", body, if_match=who.get(path).etag).body)

    proposed = act(people.delivery, "proposal")
    act(people.contact, "acceptance", {"digest": proposed["figures"]["digest"]})
    return act(people.delivery, "closing")


def check(people: People, statement: dict[str, Any], own: Shares) -> None:
    """A closed statement against the log: the same cases, and as many of them in time."""
    month, path = statement["period"], f"/service-level-statements/{statement['id']}/evidence"
    figures = {f["target"]: f["agreed"] for f in statement["figures"]["parts"][0]["targets"]}
    for key, priority, _, _ in PROMISES:
        outcomes = own.get((month, priority), [])
        judged = {line["sent"]["sourceId"] for line in people.auditor.lines(f"{path}?target={key}")}
        assert judged == {o.number for o in outcomes}, f"{month}, {priority}: {judged ^ {o.number for o in outcomes}}"
        expected = (len(outcomes), sum(o.within for o in outcomes))
        told = (figures[key]["n"], figures[key]["k"])
        assert told == expected, f"{month}, {priority}: the service says {told}, the log {expected}"


def table(own: Shares, months: list[str]) -> None:
    """For each month and priority: cases, in time by the agreement, in time by the log's own mark."""
    print(f"{'month':8}" + "".join(f" | {priority:>21}" for priority in incident_log.PRIORITIES))
    for month in [*months, "all"]:
        cells = []
        for priority in incident_log.PRIORITIES:
            of = [o for (m, p), found in own.items() if p == priority and month in (m, "all") for o in found]
            shares = (sum(o.within for o in of), sum(o.made_sla for o in of))
            cells.append(f"{len(of):5}" + "".join(f" {100 * k / len(of):6.1f} %" for k in shares) if of else "")
        print(f"{month:8}" + "".join(f" | {cell:21}" for cell in cells))


def difference(own: Shares) -> None:
    """How the log's own mark came to be, as far as its times tell."""
    outcomes = [o for found in own.values() for o in found]
    for words, ours, theirs in (("both", True, True), ("agreement only", True, False),
                                ("log only", False, True), ("neither", False, False)):
        of = [o for o in outcomes if (o.within, o.made_sla) == (ours, theirs)]
        print(f"in time by {words:16} {len(of)}, with pauses {sum(o.paused for o in of)}")
    for priority in incident_log.PRIORITIES:
        of = [o for (_, p), found in own.items() if p == priority for o in found]
        if of:
            right, limit = incident_shares.one_limit(of)
            hours = limit.total_seconds() / 3600
            print(f"the log's mark of {priority:12} {right} of {len(of)} follow from {hours:.1f} h around the clock")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path, help="the program kundansvar")
    parser.add_argument("file", type=Path, help="the incident log, as CSV")
    parser.add_argument("--database-url", help="an empty PostgreSQL database; an SQLite file unless told")
    parser.add_argument("--kill", action="store_true", help="kill the service three times while it takes evidence in")
    parser.add_argument("--plot", type=Path, help="where to write the plot")
    parser.add_argument("--rate-limit", type=int, default=100_000, help="calls a minute that the service allows")
    options = parser.parse_args()
    log = incident_log.rows(options.file)
    own = incident_shares.shares(log)
    months = incident_shares.months(log)
    days = sorted({f"{row.at:%Y-%m-%d}" for row in log})
    kills = set(random.sample(days, min(KILLS, len(days)))) if options.kill else set()
    cases = list(incident_log.cases(log, CUSTOMER, SERVICE))

    with tempfile.TemporaryDirectory(prefix="kundansvar-levels-") as name:
        stage = Stage(options, Path(name))
        try:
            service = Process([*stage.binary, "serve"], stage.folder / "service.log", stage.ready)
            people, agreement = set_stage(stage, [month for month, _, _ in months])
            began, statements, verdicts = time.monotonic(), [], Counter[str]()
            for month, begin, end in months:
                send(people, [entry for entry in cases if begin <= entry[0].at < end], service, kills)
                statements.append(close(people, agreement, month))
                check(people, statements[-1], own)
                verdicts.update({verdict: n for verdict, n in statements[-1]["verdicts"].items() if n})
            took = time.monotonic() - began
            ids = [statement["id"] for statement in statements]
            token = str(stage.token("auditor", "replay"))
            audit = subprocess.run(stage.program("audit_statement", "--token", token, *ids), text=True,
                                   stdout=subprocess.PIPE)
            if audit.returncode != 0:
                raise SystemExit(f"the auditor finds differences\n{audit.stdout}")
        except BaseException:
            print(f"--- {service.log.name}\n{service.tail()}")
            raise
        finally:
            service.stop()
    table(own, [month for month, _, _ in months])
    difference(own)
    figures = {
        "rows sent": len(log),
        "incidents": len({row.number for row in log}),
        "statements closed": len(statements),
        "cases judged": sum(map(len, own.values())),
        "cases in time": sum(o.within for found in own.values() for o in found),
        "cases in time by the log": sum(o.made_sla for found in own.values() for o in found),
        **{f"targets {verdict}": n for verdict, n in sorted(verdicts.items())},
        "differences from the log": 0,
        "audit": audit.stdout.splitlines()[-1],
        "kills of the service": service.kills,
        "seconds": f"{took:.1f}",
    }
    for what, figure in figures.items():
        print(f"{what:26} {figure}")
    if options.plot:
        options.plot.write_text(plot_shares.svg(own, [month for month, _, _ in months]))


if __name__ == "__main__":
    main()
