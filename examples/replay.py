"""Runs the whole example: service, set-up, desk, teams and portfolio at once; then checks what came of it.

With --kill, the service and the two programs are each killed (SIGKILL) at three random rows and started again. Each must
end with the same: what file and rule predict stands in the portfolio's own file, each once, and its decision is readable
by the customer's contact. It pushes twice; the second time nothing changes.

    python3 replay.py [--kill] [--database-url URL] BINARY FILE
"""
from __future__ import annotations

import argparse
import json
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Callable

import helpdesk
from kundansvar_client import Service

HERE = Path(__file__).resolve().parent
KILLS = 3


class Process:
    """A program that can be killed and started again. `ready` waits until it can be used."""

    def __init__(self, command: list[str], log: Path, ready: Callable[[], None] = lambda: None) -> None:
        self.command, self.log, self.ready, self.kills = command, log, ready, 0
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(self.command, stdout=log, stderr=log)
        self.ready()

    def kill(self) -> None:
        self.running.kill()
        self.running.wait()
        self.kills += 1
        self.start()

    def stop(self) -> None:
        self.running.send_signal(signal.SIGTERM)
        self.running.wait(timeout=60)


class Stage:
    """One replay: a folder with everything that it writes, and the commands to run."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.file, self.folder = options.file, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            listen = f"127.0.0.1:{free.getsockname()[1]}"
        self.url = f"http://{listen}"
        settings = {"rate_limit_per_minute": options.rate_limit, "log": "warn"}
        self.binary = [str(options.binary.resolve()), "--listen", listen, "--data-folder", str(folder / "data")]
        self.binary += [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        if options.database_url:
            self.binary += ["--database-url", options.database_url]
        self.portfolio_file = folder / "portfolio" / "portfolio.jsonl"

    def ready(self) -> None:
        give_up = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/health/ready", timeout=5).close()
                return
            except OSError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.05)

    def token(self, kind: str, subject: str) -> Path:
        """A token as the operator hands it out."""
        file = self.folder / "tokens" / subject
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(subprocess.check_output([*self.binary, "token", kind, subject]))
        return file

    def program(self, name: str, *words: str) -> list[str]:
        return [sys.executable, str(HERE / f"{name}.py"), "--url", self.url, *words]

    def desk(self) -> list[str]:
        return self.program("service_desk", "--credentials", str(self.folder / "desk.json"), str(self.file))

    def portfolio(self) -> list[str]:
        credentials = str(self.folder / "portfolio.json")
        return self.program("portfolio_tool", "--credentials", credentials, str(self.portfolio_file.parent))

    def teams(self) -> list[str]:
        people, tokens = str(self.folder / "people.json"), str(self.folder / "tokens")
        return self.program("route", "--people", people, "--tokens", tokens)

    def entries(self) -> list[dict]:
        """What the portfolio has written; a line that is being written does not count yet."""
        if not self.portfolio_file.exists():
            return []
        return [json.loads(line) for line in self.portfolio_file.read_bytes().split(b"\n")[:-1]]


def play(stage: Stage, service: Process, rows: int, expected: int, kills: int) -> dict[str, Process]:
    """Desk, teams and portfolio at once, until the desk has pushed everything and all was routed and decided."""
    folder = stage.folder
    desk = Process(stage.desk(), folder / "desk.log")
    actors = {"service": service, "desk": desk, "portfolio": Process(stage.portfolio(), folder / "portfolio.log")}
    teams = Process(stage.teams(), folder / "teams.log")
    # The last rows are left out, so that whoever is to be killed still has something to do.
    due = {name: sorted(random.sample(range(1, max(kills + 1, count * 9 // 10)), kills))
           for name, count in (("service", rows), ("desk", rows), ("portfolio", expected))}
    print("kills at rows:", due if kills else "none", flush=True)
    while True:
        seen = set((folder / "desk.log").read_text().splitlines())
        pushed = len({line.split()[0] for line in seen if line.endswith((" new", " known"))})
        decided = len(stage.entries())
        for name, count in (("service", pushed), ("desk", pushed), ("portfolio", decided)):
            if due[name] and count >= due[name][0]:
                due[name].pop(0)
                actors[name].kill()
        for name, process in {"desk": desk, "teams": teams, "portfolio": actors["portfolio"]}.items():
            code = process.running.poll()
            if code not in (None, 0):
                sys.exit(f"{name} ended with {code}: {process.log.read_text()[-2000:]}")
        if desk.running.poll() == 0 and decided >= expected and not any(due.values()):
            break
        time.sleep(0.02)
    teams.stop()
    actors["portfolio"].stop()
    # What came in since the last look, and a proof that nothing else comes.
    subprocess.check_call([*stage.teams(), "--once"])
    subprocess.check_call([*stage.portfolio(), "--once"])
    return actors


def check(stage: Stage, wishes: list[dict[str, str]]) -> Counter[str]:
    """What file and rule predict against what is there; the outcomes that contacts read."""
    predicted = {t["ticket_number"] for t in wishes if helpdesk.destination(t["issue_category"]) == "service_portfolio"}
    own = {e["references"][0]["id"]: e for e in stage.entries() if e["act"] == "decided"}
    assert len(own) == len(stage.entries()), "something stands twice in the portfolio's file"
    assert set(own) == predicted, f"portfolio differs by {set(own) ^ predicted}"
    people = json.loads((stage.folder / "people.json").read_text())
    read: Counter[str] = Counter()
    for who in people:
        contact = Service.for_bearer(stage.url, stage.folder / "tokens" / who["contact"])
        for request in contact.items("/requests", customer=who["customer"]):
            number = request["references"][0]["id"]
            hand_over = request["handOver"]
            destination = helpdesk.destination(request["title"].split(":")[0])
            assert hand_over["destination"] == destination, f"{number} went to {hand_over['destination']}"
            read[destination] += 1
            if destination == "service_portfolio":
                assert hand_over["decision"] == own[number]["decision"], f"{number}: another decision"
                assert hand_over["acknowledgement"]["reference"] == own[number]["ownReference"], number
                read[hand_over["decision"]["outcome"]] += 1
    routed = Counter(helpdesk.destination(t["issue_category"]) for t in wishes)
    assert all(read[d] == routed[d] for d in routed), f"file says {routed}, contacts read {read}"
    return read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path, help="the program kundansvar")
    parser.add_argument("file", type=Path, help="the desk's tickets, as CSV")
    parser.add_argument("--database-url", help="an empty PostgreSQL database; an SQLite file unless told")
    parser.add_argument("--kill", action="store_true", help="kill service, desk and portfolio three times each")
    parser.add_argument("--rate-limit", type=int, default=100_000, help="calls a minute that the service grants a caller")
    parser.add_argument("--seed", type=int, help="for the random rows")
    options = parser.parse_args()
    random.seed(options.seed)
    wishes = list(helpdesk.wishes(options.file))
    expected = sum(helpdesk.destination(t["issue_category"]) == "service_portfolio" for t in wishes)

    with tempfile.TemporaryDirectory(prefix="kundansvar-replay-") as name:
        stage = Stage(options, Path(name))
        service = Process([*stage.binary, "serve"], stage.folder / "service.log", stage.ready)
        try:
            admin = str(stage.token("administrator", "replay"))
            subprocess.check_call(stage.program("set_up", "--token", admin, "--out", name, str(stage.file)))
            for who in json.loads((stage.folder / "people.json").read_text()):
                stage.token("person", who["manager"])
                stage.token("contact", who["contact"])
            began = time.monotonic()
            actors = play(stage, service, len(wishes), expected, KILLS if options.kill else 0)
            took = time.monotonic() - began
            read = check(stage, wishes)

            auditor = Service.for_bearer(stage.url, stage.token("auditor", "replay"))
            before = auditor.get("/event-head").body
            began = time.monotonic()
            subprocess.check_call(stage.desk(), stdout=subprocess.DEVNULL)
            again = time.monotonic() - began
            after = auditor.get("/event-head").body
            assert before == after, f"pushing again made {after['position'] - before['position']} events"
            subprocess.check_call([*stage.binary, "events", "verify", "--head", f"{after['position']}:{after['link']}"])
        except BaseException:
            print((stage.folder / "service.log").read_text()[-4000:], file=sys.stderr)
            raise
        finally:
            service.stop()
    figures = {
        "requests pushed": len(wishes),
        **{f"routed to {d}": read[d] for d in ("service_portfolio", "delivery", "strategy")},
        "accepted": read["accepted"],
        "declined": read["declined"],
        **{f"kills of the {name}": actor.kills for name, actor in actors.items()},
        "events": after["position"],
        "events by pushing again": after["position"] - before["position"],
        "seconds, all at once": f"{took:.1f}",
        "seconds, pushing again": f"{again:.1f}",
    }
    for what, figure in figures.items():
        print(f"{what:26} {figure}")


if __name__ == "__main__":
    main()
