"""Counts the answers of the bank's file by itself, and compares with the figures that Kundansvar tells.

For each question, of all and of each group, of the month in which the round closed: how many gave which score, the share of the
upper three of 0 to 10 with Wilson's interval, the mean and the index with Student's; how many answered of those whose invitation
arrived, customers heard of those asked, the shares of the groups, and the mean of the groups' means. Figures of a month are
fixed three days after its end, so this is run later than bank_survey.py. It ends with 1 where anything differs or is missing.

    python3 bank_figures.py --url http://127.0.0.1:8080 --credentials bank.json --round bank_round.json FILE
"""
from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

from kundansvar_client import Service
from satisfaction_arithmetic import Scale, differs, figure

SCALE = Scale(low=0, high=10, top_boxes=3)
METHODS = ("csat", "mean", "index_0_100")
FEWEST = 5

# The question, and whose answers: none is all.
Cell = tuple[str, "str | None"]


def counted(file: Path) -> tuple[dict[Cell, Counter[int]], Counter[str], Counter[str]]:
    """How many gave which score; how many of each group there are, and how many of it answered anything."""
    cells: dict[Cell, Counter[int]] = {}
    asked, heard = Counter[str](), Counter[str]()
    with file.open(newline="", encoding="utf-8-sig") as lines:
        for _, *scores, group in (table := csv.reader(lines)):
            if table.line_num == 1:
                columns = scores
                continue
            asked[group] += 1
            told = {column: int(cell) for column, cell in zip(columns, scores) if cell.strip() not in ("", "NA")}
            heard[group] += bool(told)
            for column, score in told.items():
                for part in (None, f"BANK-{group.upper()}"):
                    cells.setdefault((column, part), Counter())[score] += 1
    return cells, asked, heard


def part_of(line: dict[str, Any]) -> str | None:
    return line["customer"]["code"] if "customer" in line else None


def faults(cells: dict[Cell, Counter[int]], lines: list[dict[str, Any]]) -> Iterator[str]:
    seen = set()
    for line in lines:
        cell, method = (line["question"], part_of(line)), line["method"]
        name, scores = f"{cell[0]} of {cell[1] or 'all'}, {method}", cells[cell]
        seen.add((*cell, method))
        if line["withheld"]:
            if min(cells[cell[0], part].total() for part in (None, *groups(cells))) >= FEWEST:
                yield f"{name}: withheld"
            continue
        if scores.total() < FEWEST:
            yield f"{name}: told of {scores.total()} answers"
            continue
        told = Counter({step["score"]: step["n"] for step in line["distribution"]})
        if +told != +scores or line["n"] != scores.total():
            yield f"{name}: {dict(told)} told, {dict(scores)} in the file"
        for member, value in figure(method, scores, SCALE)._asdict().items():
            if differs(value, line.get(member)):
                yield f"{name}: {member} {line.get(member)} told, {value} in the file"
    for cell, scores in cells.items():
        for method in METHODS:
            if scores.total() >= FEWEST and (*cell, method) not in seen:
                yield f"{cell}, {method}: not told"


def groups(cells: dict[Cell, Counter[int]]) -> list[str]:
    return sorted({part for _, part in cells if part})


def turnout_faults(told: dict[str, Any], cells: dict[Cell, Counter[int]], asked: Counter[str],
                   heard: Counter[str]) -> Iterator[str]:
    def compare(what: str, value: float | None, own: float) -> Iterator[str]:
        if differs(own, value):
            yield f"{what}: {value} told, {own} in the file"

    yield from compare("answered", told.get("answered"), heard.total())
    yield from compare("response rate", told.get("responseRate"), 100 * heard.total() / asked.total())
    yield from compare("coverage", told.get("coverage"), 100 * len(+heard) / len(asked))
    for group in asked:
        code = f"BANK-{group.upper()}"
        stratum = next(stratum for stratum in told["strata"] if stratum["customer"]["code"] == code)
        yield from compare(f"{code} among those asked", stratum["shareInvited"], 100 * asked[group] / asked.total())
        yield from compare(f"{code} among those heard", stratum.get("shareAnswered"),
                           100 * heard[group] / heard.total())
    for line in told["means"]:
        means = [figure("mean", cells[line["question"], part], SCALE).value for part in groups(cells)]
        whole = figure("mean", cells[line["question"], None], SCALE).value
        yield from compare(f"{line['question']}, each respondent alike", line["respondentMean"], whole)
        yield from compare(f"{line['question']}, each customer alike", line["customerMean"], sum(means) / len(means))
    if {line["question"] for line in told["means"]} != {question for question, _ in cells}:
        yield "means of some questions are missing"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the answers, as CSV")
    parser.add_argument("--url", required=True, help="where Kundansvar runs")
    parser.add_argument("--credentials", type=Path, required=True, help="file with clientId and clientSecret")
    parser.add_argument("--round", type=Path, required=True, help="what bank_survey.py wrote")
    options = parser.parse_args()

    service, of = Service.for_client(options.url, options.credentials), json.loads(options.round.read_text())
    cells, asked, heard = counted(options.file)
    month = of["closedOn"][:7]
    lines = [line for dimension in ("all", "customer")
             for line in service.items("/satisfaction/metrics", series="customer", surveyKind=of["kind"],
                                       period=month, dimension=dimension)]
    turnout = service.get(f"/survey-rounds/{of['round']}/turnout").body
    found = [*faults(cells, lines), *turnout_faults(turnout, cells, asked, heard)]
    for fault in found:
        print(fault, file=sys.stderr)
    told = [line for line in lines if not line["withheld"]]
    print(f"figures told     {len(told)}")
    print(f"figures withheld {len(lines) - len(told)}")
    print(f"differences      {len(found)}")
    print(f"response rate    {turnout['responseRate']:.2f} %")
    print(f"coverage         {turnout['coverage']:.2f} %")
    whole = {(line["question"], line["method"]): line for line in told if line["dimension"] == "all"}
    for question in dict.fromkeys(question for question, _ in cells):
        shown = [whole[question, method] for method in METHODS if (question, method) in whole]
        text = "  ".join(f"{x['method']} {x['value']:.2f} [{x['low']:.2f}, {x['high']:.2f}]" for x in shown)
        print(f"{question:6} n {cells[question, None].total():4}  {text}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
