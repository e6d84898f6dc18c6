"""Plays twelve months of one customer over the public API, and shows what they leave behind.

The last twelve months: each quarter a dialogue, which looks forward, and a review, which looks back; what is decided there is
recorded in place. Statements come of an incident log and ratings of a help desk's file, both moved by whole weeks so that they
end with the last month. At the end: how we stand, as a page, the last review's pack, what the last dialogue goes by, the digest of
needs, and value against cost. It fails unless the two conversations were kept apart, and everything that was told is found again.

    python3 year.py [--kill] --tickets TICKETS [--database-url URL] [--out FOLDER] BINARY INCIDENTS
"""
from __future__ import annotations

import argparse
import csv
import random
import tempfile
import urllib.request
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import helpdesk
import incident_log
import incident_shares
import set_up
from kundansvar_client import Refused, Service
from replay import KILLS, Process, Stage
from service_levels import CUSTOMER, SERVICE, People, close, send, set_stage

WEEK = 7
RATINGS = {"name": "Help desk's ratings", "scopes": ["satisfaction.write"], "systems": [helpdesk.SYSTEM]}
THEMES = ("Self service", "Digital work", "Self service", "Fewer systems")
# What nobody may find in what a dialogue goes by: the words of statements and satisfaction.
STATISTICS = ("verdict", "figures", "measured", "csat", "nps", "withheld", "breach", "missed")


class Month(NamedTuple):
    """A calendar month."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    def before(self, months: int) -> Month:
        count = self.year * 12 + self.number - 1 - months
        return Month(count // 12, count % 12 + 1)

    def day(self, number: int) -> date:
        return date(self.year, self.number, number)

    def last_day(self) -> date:
        return self.before(-1).day(1) - timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"


def at(day: date, hour: int) -> str:
    return f"{day}T{hour:02}:00:00Z"


def moved(rows: list[incident_log.Row], until: date) -> list[incident_log.Row]:
    """The log, moved by whole weeks so that weekdays stay, and its last row falls on the day or shortly before."""
    weeks = (until - rows[-1].at.date()).days // WEEK
    by = timedelta(days=weeks * WEEK)
    return [row._replace(at=row.at + by, opened=row.opened + by) for row in rows]


def ratings(file: Path, until: date) -> list[dict[str, Any]]:
    """The scores of the help desk's file, moved likewise; each is one of this customer about this service."""
    with file.open(newline="", encoding="utf-8-sig") as lines:
        told = [(datetime.strptime(row["created_date"], "%m/%d/%Y").date(), row) for row in csv.DictReader(lines)]
    scored = [(day, row) for day, row in told if row["statisfaction_score"][:1] in "123"]
    by = timedelta(days=(until - max(day for day, _ in scored)).days // WEEK * WEEK)
    return [{"source": helpdesk.SYSTEM, "sourceId": row["ticket_number"], "ratedAt": at(day + by, 12),
             "customer": helpdesk.reference(CUSTOMER), "service": helpdesk.reference(SERVICE),
             "scale": {"low": 1, "high": 3, "topBoxes": 2}, "score": int(row["statisfaction_score"][0])}
            for day, row in scored]


class Relation:
    """The customer, the service, and who acts between them."""

    def __init__(self, stage: Stage, people: People) -> None:
        admin = Service.for_bearer(stage.url, stage.token("administrator", "replay"))
        self.people, self.url = people, stage.url
        self.customer = next(c["id"] for c in admin.items("/customers"))
        self.service = next(s["id"] for s in admin.items("/services"))
        self.contact = next(c["id"] for c in admin.items("/contacts"))
        self.persons = {m["role"]: m["person"]["id"] for team in admin.items("/customer-teams")
                        for m in admin.get(f"/customer-teams/{team['id']}").body["members"]}
        self.desk = set_up.client(admin, RATINGS)
        self.told: Counter[str] = Counter()
        path = f"/customers/{self.customer}"
        admin.call("PATCH", path, {"meetingCadence": {"reviews": 4, "dialogues": 4}}, admin.get(path).etag)

    def make(self, who: Service, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Something of this customer."""
        self.told[path] += 1
        return dict(who.post(path, {"customer": self.customer, **body}).body)

    def act(self, who: Service, path: str, act: str, body: Any = None) -> dict[str, Any]:
        return dict(who.post(f"{path}/{act}", body, if_match=who.get(path).etag).body)

    def meeting(self, kind: str, day: date) -> str:
        """A meeting of an hour, led by whom the rule says."""
        who = self.people.manager if kind == "dialogue" else self.people.delivery
        made = self.make(who, "/meetings", {"kind": kind, "startsAt": at(day, 8), "endsAt": at(day, 9),
                                            "contacts": [self.contact]})
        return f"/meetings/{made['id']}"

    def minute(self, who: Service, meeting: str, notes: str, decision: str, action: str, due: date) -> None:
        """Held, written down and published; what is to be done is done some weeks later."""
        self.act(who, meeting, "holding")
        owner = {"kind": "person", "person": self.persons["delivery_manager"]}
        who.call("PUT", f"{meeting}/minutes", {"notes": notes, "decisions": [decision],
                 "actionItems": [{"text": action, "owner": owner, "dueDay": str(due)}]}, who.get(meeting).etag)
        self.act(who, meeting, "publication")


def dialogue(relation: Relation, quarter: int, day: date) -> str:
    """What is needed and planned; whoever brings figures is told where they belong."""
    manager = relation.people.manager
    meeting = relation.meeting("dialogue", day)
    try:
        relation.act(manager, meeting, "agenda-items", {"type": "statement", "title": "Last month's figures"})
    except Refused as refusal:
        assert refusal.rule == "R17", refusal
        relation.told["figures kept out of a dialogue"] += 1
    relation.act(manager, meeting, "agenda-items", {"type": "need", "title": THEMES[quarter]})
    id = meeting.rpartition("/")[2]
    need = relation.make(manager, "/business-needs", {
        "statement": f"{THEMES[quarter]}: less to fill in by hand", "theme": THEMES[quarter],
        "horizon": "within_a_year", "strength": "medium", "meeting": id})
    begins = day + timedelta(days=150)
    relation.make(manager, "/planned-activities", {
        "kind": "project", "title": f"Move to new offices, part {quarter + 1}", "phase": "planned", "confidence": "medium",
        "period": {"firstDay": str(begins), "lastDay": str(begins + timedelta(days=30))}, "services": [relation.service],
        "sharedInCalendars": True, "meeting": id})
    relation.make(manager, "/requests", {"kind": "wish", "title": f"Booking of rooms, wish {quarter + 1}",
                                         "services": [relation.service], "meeting": id})
    relation.minute(manager, meeting, f"We talked about {THEMES[quarter]}.", "The need goes to strategy.",
                    "Ask strategy what is planned", day + timedelta(days=30))
    return str(need["id"])


def review(relation: Relation, quarter: int, day: date) -> str:
    """What was delivered, by the pack that is put together by itself."""
    delivery = relation.people.delivery
    meeting = relation.meeting("review", day)
    relation.act(delivery, meeting, "agenda-items", {"type": "statement", "title": "Resolution times"})
    if quarter == 1:
        # Once it is brought up all the same; the minutes say why.
        relation.act(delivery, meeting, "agenda-items", {"type": "idea", "title": "A shared calendar",
                     "overrideReason": "The idea came of the figures, and those who decide are here."})
    relation.told["improvements"] += 1
    delivery.post("/improvements", {"title": f"Shorter queues, step {quarter + 1}", "customers": [relation.customer],
                                    "origin": {"kind": "meeting", "meeting": meeting.rpartition("/")[2]}})
    relation.minute(delivery, meeting, "The figures were looked at.", "One more step.", "Look at the night shift",
                    day + timedelta(days=14))
    return meeting


def beside(relation: Relation, months: list[Month]) -> None:
    """What is said, announced, learned, paid and valued over the year."""
    manager, delivery = relation.people.manager, relation.people.delivery
    for month in months[::3]:
        relation.make(manager, "/interactions", {"channel": "phone", "day": str(month.day(12)), "summary": "How is it going?"})
    change = months[6].day(18)
    delivery.post("/announcements", {
        "kind": "planned_change", "title": {"sv": "Nytt nätverk", "en": "New network"},
        "text": {"sv": "Avbrott i en timme.", "en": "An hour without service."}, "services": [relation.service],
        "customers": [relation.customer], "beginsAt": at(change, 18), "endsAt": at(change, 19)})
    delivery.post("/lessons", {"title": "A change on a Friday", "happened": "The change took all weekend.",
                               "learned": "Change on Tuesdays.", "services": [relation.service]})
    last = months[-1].year
    for year in (last - 1, last):
        relation.make(manager, "/service-costs", {"service": relation.service, "firstDay": f"{year}-01-01", "lastDay": f"{year}-12-31",
                      "cost": {"amount": "240000.00", "currency": "SEK"}})
        relation.told["assessments"] += 1
        relation.people.contact.post("/value-assessments", {
            "service": relation.service, "year": year, "benefit": {"amount": "360000.00", "currency": "SEK"},
            "scores": [{"dimension": "usefulness", "score": 4}, {"dimension": "reliability", "score": 3}]})


def kept_apart(relation: Relation) -> None:
    """The dialogue's pack has no statistics; a review has one, and the override is found."""
    manager = relation.people.manager
    last = [m for m in manager.items("/meetings", kind="dialogue", customer=relation.customer)][-1]
    pack = manager.get(f"/meetings/{last['id']}/dialogue-pack").body
    found = [word for word in STATISTICS if word in str(pack).lower()]
    assert not found, f"the dialogue's pack speaks of {found}"
    overridden = list(manager.items("/meetings", overridden="true"))
    assert len(overridden) == 1, overridden


def found_again(relation: Relation) -> None:
    """Everything of the customer that was told is in a list of its own."""
    for path, many in relation.told.items():
        if path.startswith("/"):
            listed = sum(1 for _ in relation.people.manager.items(path, customer=relation.customer))
            assert listed >= many, f"{path}: {listed} of {many}"


def papers(relation: Relation, last_review: str, year: int, out: Path) -> dict[str, int]:
    """The pages and packs that the year leaves, with their sizes."""
    manager = relation.people.manager
    link = manager.post(f"/customers/{relation.customer}/overview-links").body["address"]
    with urllib.request.urlopen(link) as page:
        kept = {"overview.html": page.read()}
    for name, path in (("review-pack.html", f"{last_review}/review-pack/document?format=html&language=en"),
                       ("review-pack.pdf", f"{last_review}/review-pack/document?format=pdf&language=en"),
                       ("minutes.html", f"{last_review}/document?format=html&language=en"),
                       ("needs.html", "/business-needs/digest/document?format=html&language=en"),
                       ("outlook.html", "/planned-activities/outlook/document?format=html&language=en"),
                       ("value.html", f"/value-analysis/document?year={year}&format=html&language=en")):
        request = urllib.request.Request(f"{relation.url}/kundansvar/v1{path}")
        request.add_header("Authorization", f"Bearer {manager.token}")
        with urllib.request.urlopen(request) as reply:
            kept[name] = reply.read()
    for name, content in kept.items():
        (out / name).write_bytes(content)
    return {name: len(content) for name, content in kept.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path, help="the program kundansvar")
    parser.add_argument("file", type=Path, help="an incident log, as CSV")
    parser.add_argument("--tickets", type=Path, required=True, help="a help desk's tickets with scores, as CSV")
    parser.add_argument("--database-url", help="an empty PostgreSQL database; an SQLite file unless told")
    parser.add_argument("--out", type=Path, help="where to leave pages and packs")
    parser.add_argument("--rate-limit", type=int, default=100_000, help="calls a minute that the service allows")
    parser.add_argument("--kill", action="store_true", help="kill the service three times while it takes evidence in")
    options = parser.parse_args()
    this = Month.of(datetime.now(timezone.utc).date())
    months = [this.before(n) for n in range(12, 0, -1)]
    until = months[-1].last_day()
    log = moved(incident_log.rows(options.file), until)
    cases = list(incident_log.cases(log, CUSTOMER, SERVICE))
    scored = ratings(options.tickets, until)
    days = sorted({f"{row.at:%Y-%m-%d}" for row in log})
    kills = set(random.sample(days, min(KILLS, len(days)))) if options.kill else set()

    with tempfile.TemporaryDirectory(prefix="kundansvar-year-") as name:
        stage = Stage(options, Path(name))
        service = Process([*stage.binary, "serve"], stage.folder / "service.log", stage.ready)
        try:
            people, agreement = set_stage(stage, [str(month) for month in months])
            relation = Relation(stage, people)
            desk = Service(stage.url, credentials=(relation.desk["clientId"], relation.desk["clientSecret"]))
            closed = 0
            for (month, begin, end) in incident_shares.months(log):
                send(people, [entry for entry in cases if begin <= entry[0].at < end], service, kills)
                close(people, agreement, month)
                closed += 1
            report = desk.send_lines("/ratings?batch=year", scored).body
            assert report["summary"]["counts"]["rejected"] == 0, report
            last_review = ""
            for quarter in range(4):
                dialogue(relation, quarter, months[quarter * 3].day(10))
                last_review = review(relation, quarter, months[quarter * 3 + 2].day(20))
            beside(relation, months)
            kept_apart(relation)
            found_again(relation)
            overview = people.manager.get(f"/customers/{relation.customer}/overview").body
            timeline = sum(1 for _ in people.manager.items(f"/customers/{relation.customer}/timeline"))
            out = options.out or stage.folder
            out.mkdir(parents=True, exist_ok=True)
            sizes = papers(relation, last_review, months[-1].year, out)
        except BaseException:
            print(f"--- {service.log.name}\n{service.tail()}")
            raise
        finally:
            service.stop()
    figures = {
        "statements closed": closed,
        "ratings": len(scored),
        "meetings": relation.told["/meetings"],
        "needs": relation.told["/business-needs"],
        "planned activities": relation.told["/planned-activities"],
        "figures kept out": relation.told["figures kept out of a dialogue"],
        "open requests": overview["openRequests"]["total"],
        "rows of the timeline": timeline,
        "amiss": ", ".join(reason["flag"] for reason in overview["standing"]["reasons"]) or "nothing",
    }
    for what, figure in figures.items():
        print(f"{what:26} {figure}")
    for name, size in sizes.items():
        print(f"{name:26} {size} bytes")


if __name__ == "__main__":
    main()
