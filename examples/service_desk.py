"""Plays the service desk: pushes the tickets of type Request, each as one request.

It remembers nothing. Every ticket carries its number as external reference, so telling Kundansvar of it again changes
nothing; after a crash, here or there, it is started again and pushes from the top.

    python3 service_desk.py --url http://127.0.0.1:8080 --credentials desk.json FILE
"""
from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import helpdesk
from kundansvar_client import Service


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the desk's tickets, as CSV")
    parser.add_argument("--url", required=True, help="where Kundansvar runs")
    parser.add_argument("--credentials", type=Path, required=True, help="file with clientId and clientSecret")
    options = parser.parse_args()

    service = Service.for_client(options.url, options.credentials)
    told: Counter[str] = Counter()
    for ticket in helpdesk.wishes(options.file):
        reply = service.post("/requests", helpdesk.request(ticket))
        outcome = "new" if reply.status == 201 else "known"
        told[outcome] += 1
        print(ticket["ticket_number"], reply.body["number"], outcome, flush=True)
    print(f"pushed: {told['new']} new, {told['known']} known", flush=True)


if __name__ == "__main__":
    main()
