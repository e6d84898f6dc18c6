"""Plays a service desk that sends its own documents: each row of its file as it is, to the door of a connection.

No client code of ours: no token, no Idempotency-Key, no request as Kundansvar words it. The connection's mapping
(`helpdesk.jq`) makes that of it. After a crash, here or there, it sends from the top; what was sent before is a duplicate.

    python3 connected_desk.py --url http://127.0.0.1:8080 --connection connection.json FILE
"""
from __future__ import annotations

import argparse
import json
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import helpdesk

# Seconds that it goes on trying.
PATIENCE = 120


def send(address: str, secret: str, document: bytes) -> dict[str, Any]:
    """As a product's webhook does: until it is taken."""
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(address, document, headers), timeout=30) as reply:
                return dict(json.load(reply))
        except urllib.error.HTTPError as refused:
            if refused.code not in (429, 500, 502, 503, 504) or time.monotonic() > give_up:
                raise
        except (OSError, ValueError, EOFError):
            if time.monotonic() > give_up:
                raise
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the desk's tickets, as CSV")
    parser.add_argument("--url", required=True, help="where Kundansvar runs")
    parser.add_argument("--connection", type=Path, required=True, help="file with address and secret")
    options = parser.parse_args()

    connection = json.loads(options.connection.read_text())
    told: Counter[str] = Counter()
    for ticket in helpdesk.tickets(options.file):
        document = json.dumps(ticket, ensure_ascii=False).encode()
        reply = send(options.url + connection["address"], connection["secret"], document)
        told[reply["outcome"]] += 1
        if reply["outcome"] != "ignored":
            print(ticket["ticket_number"], reply["id"], reply["outcome"], flush=True)
    assert not told["failed"], f"{told['failed']} documents failed"
    print(f"sent: {dict(told)}", flush=True)


if __name__ == "__main__":
    main()
