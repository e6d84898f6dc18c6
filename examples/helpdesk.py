"""The help desk's file, and what each of its tickets becomes.

`owner_group` names the group at the desk that owns a ticket. The file knows no customers, so here the group stands in
for one: each group is a customer of its own, with one contact who speaks for it. That is an assumption of this example.
"""
from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Iterator

SYSTEM = "helpdesk"


def tickets(file: Path) -> Iterator[dict[str, str]]:
    """All rows, in the file's order."""
    with file.open(newline="", encoding="utf-8-sig") as lines:
        yield from csv.DictReader(lines)


def wishes(file: Path) -> Iterator[dict[str, str]]:
    """The tickets that ask for something; those of type *Issue* report a fault, and stay at the desk."""
    return (ticket for ticket in tickets(file) if ticket["ticket_type"] == "Request")


def reference(own_id: str) -> dict[str, str]:
    """What the desk calls a thing: a ticket's number, a group's name, a category's name."""
    return {"system": SYSTEM, "id": own_id}


def request(ticket: dict[str, str]) -> dict[str, Any]:
    """A ticket as Kundansvar takes it in. Everything is named by the desk's own references: it keeps no ids of ours."""
    return {
        "customer": reference(ticket["owner_group"]),
        "raisedBy": reference(ticket["owner_group"]),
        "kind": "wish",
        "title": f"{ticket['issue_category']}: {ticket['ticket_number']}",
        "description": f"Severity: {ticket['severity']}\nOpened: {ticket['created_date']}",
        "services": [reference(ticket["issue_category"])],
        "references": [reference(ticket["ticket_number"])],
    }


def destination(category: str) -> str:
    """Where a team sends it: changes of a service in use to delivery, wishes for new software to the portfolio, the
    rest to strategy, as knowledge of what the business needs."""
    return {"Access/Login": "delivery", "Software": "service_portfolio"}.get(category, "strategy")
