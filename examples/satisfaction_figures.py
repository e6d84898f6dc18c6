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
import math
import sys
import time
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import helpdesk
from kundansvar_client import Service

LOW, HIGH, TOP_BOXES = 1, 3, 2
FEWEST = 5
Z = 1.959964
FINISHED = {"Resolved", "Closed - No Action"}
SAME = 5e-7 + 1e-9

# The period and whose answers about what: none is all.
Cell = tuple[str, "str | None", "str | None"]


class Figure(NamedTuple):
    value: float
    low: float | None
    high: float | None


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


def t_quantile(degrees: int) -> float:
    """The 97.5 % point of Student's t, by halving: its density integrated by Simpson's rule from 0 on."""
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)

    def density(x: float) -> float:
        return scale * (1 + x * x / degrees) ** (-(degrees + 1) / 2)

    def beyond_middle(x: float, steps: int = 4000) -> float:
        h = x / steps
        inner = sum((4 if k % 2 else 2) * density(k * h) for k in range(1, steps))
        return h / 3 * (density(0) + inner + density(x))

    low, high = 0.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if beyond_middle(middle) < 0.475 else (low, middle)
    return (low + high) / 2


QUANTILES: dict[int, float] = {}


def wilson(k: int, n: int) -> Figure:
    share, room = k / n, 1 + Z * Z / n
    middle = (share + Z * Z / (2 * n)) / room
    half = Z / room * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return Figure(100 * share, 100 * max(0.0, middle - half), 100 * min(1.0, middle + half))


def mean(scores: Counter[int]) -> Figure:
    n = scores.total()
    value = sum(score * times for score, times in scores.items()) / n
    if n == 1:
        return Figure(value, None, None)
    variance = sum(times * (score - value) ** 2 for score, times in scores.items()) / (n - 1)
    if n - 1 not in QUANTILES:
        QUANTILES[n - 1] = t_quantile(n - 1)
    half = QUANTILES[n - 1] * math.sqrt(variance / n)
    return Figure(value, value - half, value + half)


def figure(method: str, scores: Counter[int]) -> Figure:
    if method == "csat":
        satisfied = sum(times for score, times in scores.items() if score > HIGH - TOP_BOXES)
        return wilson(satisfied, scores.total())
    as_mean = mean(scores)
    if method == "mean":
        return as_mean
    assert method == "index_0_100", f"no rating has a {method}"
    return Figure(*(None if x is None else 100 * (x - LOW) / (HIGH - LOW) for x in as_mean))


def differs(own: float | None, told: float | None) -> bool:
    return (own is None) != (told is None) or (own is not None and told is not None and abs(own - told) > SAME)


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
        own = figure(line["method"], scores)
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
