"""Asks a bank's customers what a file says that they answered: through a survey, a round, links and the answering page's door.

The columns are questions on 0 to 10, of which the upper three count as satisfied; a cell that is empty or NA is no answer. The
file knows no customers in our sense: the groups of its last column, `gender`, stand in for two, and each row is a contact.
Everything goes through the public API, as a client of the system `bank` with the scopes register.write, satisfaction.write and
satisfaction.read. What it asked, and when the round closed, goes into a file for bank_figures.py.

    python3 bank_survey.py --url http://127.0.0.1:8080 --credentials bank.json --out bank_round.json FILE
"""
from __future__ import annotations

import argparse
import csv
import io
import json
import time
import urllib.error
import urllib.request
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Iterator

from kundansvar_client import CSV, Service

LOW, HIGH, TOP_BOXES = 0, 10, 3
GROUP = "gender"
MISSING = {"", "NA"}
FIRST_DAY = "2020-01-01"


def rows(file: Path) -> list[dict[str, str]]:
    """All rows; the first column numbers them and has no name."""
    with file.open(newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


def questions(row: dict[str, str]) -> list[str]:
    """Every column but the number and the group, in the file's order."""
    return [column for column in row if column not in ("", GROUP)]


def survey(columns: list[str]) -> dict[str, Any]:
    def both(text: str) -> dict[str, str]:
        return {"sv": text, "en": text}

    scale = {"low": LOW, "high": HIGH, "topBoxes": TOP_BOXES}
    asked = [{"key": column, "text": both(column), "answer": {"kind": "scale", "scale": scale}} for column in columns]
    return {"kind": "other", "content": {"title": both("Bank"), "questions": asked}}


def customers(service: Service, people: list[dict[str, str]]) -> list[str]:
    """A customer for each group, and a contact for each row: known again by the row's number."""
    made = []
    for group in sorted({row[GROUP] for row in people}):
        told = {"code": f"BANK-{group.upper()}", "name": f"Bank, {group}", "legalEntity": {"name": "Bank"}}
        made.append(str(service.post("/customers", told).body["id"]))
    lines = io.StringIO()
    table = csv.writer(lines)
    table.writerow(["customer", "name", "mandate", "mandateFirstDay", "referenceSystem", "referenceId"])
    for row in people:
        code = f"BANK-{row[GROUP].upper()}"
        table.writerow([code, f"Respondent {row['']}", "key_user", FIRST_DAY, "bank", row[""]])
    service.call("POST", "/imports?kind=contacts", lines.getvalue().encode(), media=CSV)
    return made


def answers(row: dict[str, str], columns: list[str]) -> dict[str, int]:
    """What is missing in the file is not answered."""
    return {column: int(row[column]) for column in columns if row[column].strip() not in MISSING}


def hand_in(link: str, given: dict[str, int]) -> None:
    """As a respondent's own program would: tried again where it was lost. A confidential answer may be handed in twice."""
    body = json.dumps({"answers": given, "handIn": True}).encode()
    sent = urllib.request.Request(link, body, {"Content-Type": "application/json", "Accept": "application/json"})
    for _ in range(30):
        try:
            urllib.request.urlopen(sent, timeout=30).close()
            return
        except urllib.error.HTTPError as e:
            if e.code not in (429, 502, 503, 504):
                raise
            time.sleep(float(e.headers.get("Retry-After") or 1))
    raise TimeoutError(link)


def links(service: Service, path: str) -> Iterator[tuple[str, str]]:
    """The respondent's name and link of each invitation."""
    for line in csv.DictReader(io.StringIO(service.call("POST", f"{path}/links", {"reminder": 0}, accept=CSV).body)):
        yield line["name"], line["link"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the answers, as CSV")
    parser.add_argument("--url", required=True, help="where Kundansvar runs")
    parser.add_argument("--credentials", type=Path, required=True, help="file with clientId and clientSecret")
    parser.add_argument("--out", type=Path, required=True, help="file for what was asked")
    options = parser.parse_args()

    service, people = Service.for_client(options.url, options.credentials), rows(options.file)
    columns, today = questions(people[0]), date.today()
    asked = service.post("/surveys", survey(columns)).body
    made = service.post("/survey-rounds", {
        "survey": asked["id"], "title": asked["content"]["title"], "anonymity": "confidential",
        "customers": customers(service, people), "firstDay": f"{today - timedelta(days=1)}",
        "lastDay": f"{today + timedelta(days=14)}"})
    path = f"/survey-rounds/{made.body['id']}"
    service.post(f"{path}/opening", if_match=made.etag)
    by_name = {f"Respondent {row['']}": row for row in people}
    for name, link in links(service, path):
        given = answers(by_name[name], columns)
        if given:
            hand_in(link, given)
    closed = service.post(f"{path}/closing", if_match=service.get(path).etag).body
    options.out.write_text(json.dumps({"round": closed["id"], "closedOn": closed["closedOn"], "kind": asked["kind"]}))
    for what in ("delivered", "answered"):
        print(f"{what:10} {closed['turnout'][what]}")
    print(f"{'questions':10} {len(columns)}")


if __name__ == "__main__":
    main()
