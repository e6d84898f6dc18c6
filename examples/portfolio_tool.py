"""Plays the portfolio tool: pulls what was routed to the service portfolio, takes it in, and decides.

What it has stands in one file, a line for each hand-over; beside it stands the cursor, the place in the feed up to which
that file is complete. The lines are on disk before the cursor moves, so a crash leads to reading a stretch again, never to
missing one; and what is in the file already is passed over. Acknowledging or deciding twice with the same words changes
nothing at Kundansvar either.

    python3 portfolio_tool.py --url http://127.0.0.1:8080 --credentials portfolio.json FOLDER
"""
from __future__ import annotations

import argparse
import json
import os
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from kundansvar_client import Refused, Service


class Portfolio:
    """The tool's own file and cursor."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.cursor_file = folder / "cursor"
        self.file = (folder / "portfolio.jsonl").open("a+b")
        self.known: set[str] = set()
        self.withdrawn: set[str] = set()
        self._read()

    def _read(self) -> None:
        """What is there; a last line that a crash cut short is cut off, and its hand-over comes again."""
        self.file.seek(0)
        text = self.file.read()
        whole = text.rfind(b"\n") + 1
        self.file.truncate(whole)
        for line in text[:whole].splitlines():
            entry = json.loads(line)
            (self.withdrawn if entry["act"] == "withdrawn" else self.known).add(entry["handOver"])

    def write(self, entry: dict[str, Any]) -> None:
        self.file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())
        (self.withdrawn if entry["act"] == "withdrawn" else self.known).add(entry["handOver"])

    def cursor(self) -> str | None:
        return self.cursor_file.read_text().strip() if self.cursor_file.exists() else None

    def move_to(self, cursor: str) -> None:
        """In one step: a reader finds the old cursor or the new one, never half of it."""
        fresh = self.cursor_file.with_suffix(".new")
        with fresh.open("w") as file:
            file.write(cursor)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.cursor_file)


def decide(own: str, request: dict[str, Any]) -> dict[str, Any]:
    """The rule of this example: what matters to the customer is done within a quarter of a year, the rest is not. It
    depends on nothing but the request, so that deciding again after a crash gives the same words."""
    if any(f"Severity: {level}" in request.get("description", "") for level in ("2 - Medium", "3 - High")):
        day = date.fromisoformat(request["receivedAt"][:10]) + timedelta(days=90)
        return {"outcome": "accepted", "plan": "Ordered; pilot first.", "plannedDay": str(day), "reference": f"D-{own}"}
    return {"outcome": "declined", "reason": "Does not carry its cost this year.", "reference": f"D-{own}"}


def take_in(service: Service, portfolio: Portfolio, entry: dict[str, Any]) -> None:
    """One entry of the feed."""
    hand_over, request = entry["handOverId"], entry.get("request")
    if entry["kind"] == "withdrawn":
        if hand_over in portfolio.known - portfolio.withdrawn:
            portfolio.write({"act": "withdrawn", "handOver": hand_over, "number": entry["number"]})
        return
    if hand_over in portfolio.known or request is None:
        return
    own = f"PF-{hand_over}"
    decision = decide(own, request)
    try:
        service.post(f"/hand-overs/{hand_over}/acknowledgement", {"reference": own})
        service.post(f"/hand-overs/{hand_over}/decision", decision)
    except Refused as refused:
        # The team took it back or changed it meanwhile: the feed tells more of it further on.
        if refused.status != 409:
            raise
        print(entry["number"], "passed over:", refused, flush=True)
        return
    portfolio.write({
        "act": "decided",
        "handOver": hand_over,
        "number": entry["number"],
        "title": request["title"],
        "references": request["references"],
        "ownReference": own,
        "decision": decision,
    })
    print(entry["number"], decision["outcome"], flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the tool keeps its file and its cursor")
    parser.add_argument("--url", required=True, help="where Kundansvar runs")
    parser.add_argument("--credentials", type=Path, required=True, help="file with clientId and clientSecret")
    parser.add_argument("--once", action="store_true", help="end when the feed has no more, instead of waiting for it")
    options = parser.parse_args()

    service = Service.for_client(options.url, options.credentials)
    portfolio = Portfolio(options.folder)
    while True:
        # A 410 ends the program: the service was restored from a backup, and a person must say what to trust.
        stretch = service.get("/feeds/service_portfolio", limit=100, cursor=portfolio.cursor()).body
        for entry in stretch["items"]:
            take_in(service, portfolio, entry)
        if stretch["items"]:
            portfolio.move_to(stretch["next"])
        if not stretch["more"]:
            if options.once:
                return
            time.sleep(0.5)


if __name__ == "__main__":
    main()
