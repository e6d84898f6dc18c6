"""Sets the stage, as an administrator: customers, contacts, services, usages, teams, and two systems' credentials.

Each owner_group of the file becomes a customer with one contact (mandate customer), each issue_category a service that
every customer uses. Run again, it changes nothing but the systems' secrets.

    python3 set_up.py --url http://127.0.0.1:8080 --token admin.token --out FOLDER FILE
"""
from __future__ import annotations

import argparse
import json
import os
import re
from pathlib import Path
from typing import Any

import helpdesk
from kundansvar_client import Service

# Before the first line of either file.
FIRST_DAY = "2016-01-01"
TEAMS = ("North", "South", "West")
ROLES = {"business_relationship_manager": "manager", "delivery_manager": "delivery", "service_owner": "owner"}
CLIENTS: dict[str, dict[str, Any]] = {
    "desk": {"name": "Service desk", "scopes": ["requests.write", "satisfaction.write"],
             "systems": [helpdesk.SYSTEM]},
    "portfolio": {"name": "Portfolio tool", "scopes": ["feed.service_portfolio"]},
}


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def customer(admin: Service, group: str, services: list[str]) -> dict[str, str]:
    """A group as a customer, with its contact and its usages."""
    known = {"references": [helpdesk.reference(group)]}
    told = {"code": slug(group).upper(), "name": group, "legalEntity": {"name": group}}
    made = admin.post("/customers", {**told, **known})
    path = f"/customers/{made.body['id']}"
    email = f"{slug(group)}@customer.example.se"
    mandates = [{"kind": "customer", "firstDay": FIRST_DAY}]
    admin.post("/contacts", {"customer": made.body["id"], "name": f"Contact of {group}", "email": email,
                             "mandates": mandates, **known})
    used = {usage["service"]["id"] for usage in admin.items(f"{path}/service-usages")}
    for service in services:
        if service not in used:
            admin.post(f"{path}/service-usages", {"service": service, "firstDay": FIRST_DAY})
    return {"group": group, "customer": made.body["id"], "contact": email}


def person(admin: Service, name: str, email: str) -> str:
    for known in admin.items("/persons", email=email):
        return str(known["id"])
    return str(admin.post("/persons", {"name": name, "email": email}).body["id"])


def team(admin: Service, name: str, services: list[str]) -> tuple[str, str]:
    """A complete team: its id, and its business relationship manager's address."""
    found = [t for t in admin.items("/customer-teams") if t["name"] == name]
    made = found[0] if found else admin.post("/customer-teams", {"name": name}).body
    present = {member["role"] for member in made.get("members", [])}
    for role, word in ROLES.items():
        if role in present:
            continue
        member = {
            "person": person(admin, f"{word.title()} {name}", f"{word}.{slug(name)}@it.example.se"),
            "role": role,
            "services": services if role == "service_owner" else [],
            "firstDay": FIRST_DAY,
        }
        path = f"/customer-teams/{made['id']}"
        admin.post(f"{path}/members", member, if_match=admin.get(path).etag)
    return made["id"], f"manager.{slug(name)}@it.example.se"


def assign(admin: Service, customer_id: str, team_id: str) -> None:
    path = f"/customers/{customer_id}"
    if not admin.get(f"{path}/team-assignments").body["teamAssignments"]:
        body = {"team": team_id, "firstDay": FIRST_DAY}
        admin.post(f"{path}/team-assignments", body, if_match=admin.get(path).etag)


def client(admin: Service, told: dict[str, Any]) -> dict[str, str]:
    """Credentials of a system; one that is there already gets a new secret."""
    known = [c["id"] for c in admin.items("/clients") if c["name"] == told["name"]]
    if known:
        path = f"/clients/{known[0]}"
        made = admin.post(f"{path}/secrets", if_match=admin.get(path).etag).body
    else:
        made = admin.post("/clients", told).body
    return {"clientId": made["id"], "clientSecret": made["clientSecret"]}


def connection(admin: Service, client_id: str) -> dict[str, str]:
    """The door by which the desk's own documents come in; one that is there already gets a new secret."""
    told = {"name": "Help desk", "system": helpdesk.SYSTEM, "client": client_id,
            "mapping": (Path(__file__).parent / "helpdesk.jq").read_text(), "authentication": {"method": "bearer"}}
    known = [c["id"] for c in admin.items("/connections") if c["name"] == told["name"]]
    if known:
        path = f"/connections/{known[0]}"
        made = admin.post(f"{path}/secret", {}, if_match=admin.get(path).etag).body
    else:
        made = admin.post("/connections", told).body
    return {"address": made["address"], "secret": made["secret"]}


def write_private(file: Path, value: Any) -> None:
    """Only its owner reads it."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(value, out, indent=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the desk's tickets, as CSV")
    parser.add_argument("--url", required=True, help="where Kundansvar runs")
    parser.add_argument("--token", type=Path, required=True, help="file with an administrator's token")
    parser.add_argument("--out", type=Path, required=True, help="folder for credentials and the list of people")
    options = parser.parse_args()

    admin = Service.for_bearer(options.url, options.token)
    wishes = list(helpdesk.wishes(options.file))
    services = []
    for category in sorted({ticket["issue_category"] for ticket in wishes}):
        body = {"code": slug(category).upper(), "name": category, "references": [helpdesk.reference(category)]}
        services.append(admin.post("/services", body).body["id"])
    customers = [customer(admin, group, services) for group in sorted({ticket["owner_group"] for ticket in wishes})]
    teams = [team(admin, name, services) for name in TEAMS]
    for i, who in enumerate(customers):
        team_id, who["manager"] = teams[i % len(teams)]
        assign(admin, who["customer"], team_id)
    options.out.mkdir(parents=True, exist_ok=True)
    write_private(options.out / "people.json", customers)
    clients = {name: client(admin, told) for name, told in CLIENTS.items()}
    for name, credentials in clients.items():
        write_private(options.out / f"{name}.json", credentials)
    write_private(options.out / "connection.json", connection(admin, clients["desk"]["clientId"]))
    print(f"{len(customers)} customers, {len(services)} services, {len(teams)} teams, {len(CLIENTS)} clients")


if __name__ == "__main__":
    main()
