"""Counts the ratings of the desk's file by itself, and compares with the figures that Kundansvar tells.

For each month, quarter and year, for all, each customer, each service, and each customer's answers about a service: how
many gave which score, the share of the satisfied with Wilson's interval, the mean and the index with Student's. Whatever is
told must be the same to the last of its six decimals; whatever rests on fewer than five answers must not be told; and
something must be told of each year. It ends with 1 where any of it fails. What came late is taken in once an hour, and when the
service starts: with --patience it looks again for so many seconds.

    python3 satisfaction_figures.py --url http://127.0.0.1:8080 --token auditor.token [--patience 60] FILE
"""
from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Iterator

import helpdesk
from kundansvar_client import Service
from satisfaction_arithmetic import Scale, differs, figure

SCALE = Scale(low=1, high=3, top_boxes=2)
FEWEST = 5
FINISHED = {"Resolved", "Closed - No Action"}

# The period and whose answers about what: none is all.
Cell = tuple[str, "str | None", "str | None"]


def periods(day: date) -> tuple[str, str, str]:
    """The month, quarter and year of a day, as the service names them."""
    return f"{day:%Y-%m}", f"{day.year}-Q{(day.month + 2) // 3}", f"{day.year}"


def counted(file: Path) -> tuple[dict[Cell, Counter[int]], int]:
    """How many gave which score, and how many wait. A ticket counts in the month in which it was finished: so many days
    after it was opened. The file comes when all its months are long fixed, and what is late counts where enough of it has come: of a
    customer's answers about a service in a month, at least five."""
    months: dict[tuple[date, str, str], Counter[int]] = defaultdict(Counter)
    for ticket in helpdesk.tickets(file):
        score = int(ticket["statisfaction_score"].split()[0])
        if ticket["ticket status"] not in FINISHED or not score:
            continue
        month, day, year = map(int, ticket["created_date"].split("/"))
        finished = date(year, month, day) + timedelta(days=int(ticket["days_open"]))
        months[(finished.replace(day=1), ticket["owner_group"], ticket["issue_category"])][score] += 1
    cells: dict[Cell, Counter[int]] = defaultdict(Counter)
    waiting = 0
    for (first, customer, service), scores in months.items():
        if scores.total() < FEWEST:
            waiting += scores.total()
            continue
        for period in periods(first):
            for part in ((None, None), (customer, None), (None, service), (customer, service)):
                cells[(period, *part)].update(scores)
    return cells, waiting


def faults(cells: dict[Cell, Counter[int]], lines: list[dict[str, Any]]) -> Iterator[str]:
    for line in lines:
        part = (line.get("customer", {}).get("name"), line.get("service", {}).get("name"))
        scores = cells.get((line["period"], *part), Counter())
        name = " ".join(filter(None, (line["period"], *part, line["method"])))
        if line["withheld"]:
            if any(member in line for member in ("n", "value", "low", "high", "distribution", "change")):
                yield f"{name}: withheld, and told"
            continue
        if scores.total() < FEWEST:
            yield f"{name}: told of {scores.total()} answers"
            continue
        told = Counter({step["score"]: step["n"] for step in line["distribution"]})
        if +told != +scores or line["n"] != scores.total():
            yield f"{name}: {dict(told)} told, {dict(scores)} in the file"
        own = figure(line["method"], scores, SCALE)
        for member, value in own._asdict().items():
            if differs(value, line.get(member)):
                yield f"{name}: {member} {line.get(member)} told, {value} in the file"


def missing(cells: dict[Cell, Counter[int]], lines: list[dict[str, Any]]) -> Iterator[str]:
    """Years of all that rest on enough answers and are not told."""
    told = {line["period"] for line in lines if line["dimension"] == "all" and not line["withheld"]}
    for (period, customer, service), scores in cells.items():
        year_of_all = len(period) == 4 and (customer, service) == (None, None)
        if year_of_all and scores.total() >= FEWEST and period not in told:
            yield f"{period}: nothing told of {scores.total()} answers"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the desk's tickets, as CSV")
    parser.add_argument("--url", required=True, help="where Kundansvar runs")
    parser.add_argument("--token", type=Path, required=True, help="file with a token of somebody who sees every customer")
    parser.add_argument("--patience", type=float, default=0, help="seconds for which it looks again")
    options = parser.parse_args()

    (cells, waiting), service = counted(options.file), Service.for_bearer(options.url, options.token)
    give_up = time.monotonic() + options.patience
    while True:
        lines = list(service.items("/satisfaction/metrics"))
        found = [*faults(cells, lines), *missing(cells, lines)]
        if not found or time.monotonic() > give_up:
            break
        time.sleep(1)
    for fault in found:
        print(fault, file=sys.stderr)
    whole = {cell: scores for cell, scores in cells.items() if cell[1:] == (None, None)}
    told = [line for line in lines if not line["withheld"]]
    print(f"ratings that wait for more   {waiting}")
    print(f"ratings that count           {sum(s.total() for (p, *_), s in whole.items() if len(p) == 4)}")
    print(f"figures told                 {len(told)}")
    print(f"figures withheld             {len(lines) - len(told)}")
    print(f"figures that differ          {len(found)}")
    for line in told:
        if line["method"] == "csat" and line["dimension"] == "all":
            value, low, high = (line[member] for member in ("value", "low", "high"))
            print(f"{line['period']:8} satisfied {value:6.2f} % [{low:.2f}, {high:.2f}] of {line['n']}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
