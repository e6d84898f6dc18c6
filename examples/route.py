"""Plays the people of the teams and the customers: endorses what must be endorsed, and routes every received request.

Each request is routed by the business relationship manager of the team that is responsible for its customer. People sign
in; here their tokens lie in a folder, one file for each address (`kundansvar token person|contact ADDRESS`).

    python3 route.py --url http://127.0.0.1:8080 --people people.json --tokens FOLDER
"""
from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import helpdesk
from kundansvar_client import Refused, Service


def route(request: dict[str, Any], manager: Service, contact: Service) -> None:
    """One request to where its category belongs (see helpdesk.destination)."""
    path = f"/requests/{request['id']}"
    etag: str | None = f'"{request["version"]}"'
    destination = helpdesk.destination(request["title"].split(":")[0])
    if destination == "service_portfolio":
        # Nothing goes to the portfolio unless a contact with mandate customer says that the customer wants it (R14).
        etag = contact.post(f"{path}/endorsements").etag
    try:
        manager.post(f"{path}/routing", {"destination": destination}, if_match=etag)
    except Refused as refused:
        # Somebody changed it since it was listed: it is listed again.
        if refused.status != 412:
            raise
        return
    print(request["number"], destination, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="where Kundansvar runs")
    parser.add_argument("--people", type=Path, required=True, help="customers with manager and contact, from set_up.py")
    parser.add_argument("--tokens", type=Path, required=True, help="folder with one token file for each address")
    parser.add_argument("--once", action="store_true", help="end when nothing is left to route, instead of waiting for more")
    options = parser.parse_args()

    def bearer(address: str) -> Service:
        return Service.for_bearer(options.url, options.tokens / address)

    customers = [(c["customer"], bearer(c["manager"]), bearer(c["contact"])) for c in json.loads(options.people.read_text())]
    while True:
        found = 0
        for customer, manager, contact in customers:
            for request in manager.items("/requests", customer=customer, status="received"):
                found += 1
                route(request, manager, contact)
        if not found:
            if options.once:
                return
            time.sleep(0.3)


if __name__ == "__main__":
    main()
