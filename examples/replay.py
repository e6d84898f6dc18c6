"""Runs the whole example: service, set-up, desk, teams and portfolio at once; then checks what came of it.

With --kill, the service and the two programs are each killed (SIGKILL) at three random rows and started again. The end
must be the same: what file and rule predict stands in the portfolio's own file, each once, and the customer's contact
reads its decision. It pushes twice; the second time nothing changes.

With --connection, the desk is no program of ours: its rows come in as they are, mapped by a connection (helpdesk.jq). What
comes of it is counted in the same way; without --kill, satisfaction_figures.py then holds what is told of its ratings
to the file.

With --receive, another program subscribes to everything (webhook_receiver.py, which needs the library of Standard
Webhooks): in the end each event of the log was delivered to it, signed, and those of one subject in their order.

    python3 replay.py [--kill] [--connection] [--receive] [--database-url URL] BINARY FILE
"""
from __future__ import annotations

import argparse
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Callable, Iterator

import helpdesk
from kundansvar_client import Service

HERE = Path(__file__).resolve().parent
KILLS = 3
# Seconds without any progress after which something must be wrong.
PATIENCE = 60


def free_port() -> int:
    """A port that stays free while the service is away: not one of those that the system gives out by itself, which
    would be somebody else's connection in the meantime."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    sys.exit("no free port")


class Process:
    """A program that can be killed and started again. `ready` waits until it can be used."""

    started: list[Process] = []

    def __init__(self, command: list[str], log: Path, ready: Callable[[Process], None] = lambda _: None) -> None:
        self.command, self.log, self.ready, self.kills = command, log, ready, 0
        self.started.append(self)
        self.start()

    def start(self) -> None:
        self.spawn()
        self.ready(self)

    def spawn(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(self.command, stdout=log, stderr=log)

    def ended(self) -> int | None:
        return self.running.poll()

    def tail(self) -> str:
        return self.log.read_text()[-4000:]

    def kill(self) -> None:
        self.running.kill()
        self.running.wait()
        self.kills += 1
        self.start()

    def stop(self) -> None:
        self.running.terminate()
        self.running.wait(timeout=60)


class Stage:
    """One replay: a folder with everything that it writes, and the commands to run."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.file, self.folder = options.file, folder
        self.connected = vars(options).get("connection", False)
        listen = f"127.0.0.1:{free_port()}"
        self.url = f"http://{listen}"
        settings = {"rate_limit_per_minute": options.rate_limit, "log": "warn",
                    "webhook_allowed_networks": '["127.0.0.0/8"]'}
        self.binary = [str(options.binary.resolve()), "--listen", listen, "--data-folder", str(folder / "data")]
        self.binary += [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        if options.database_url:
            self.binary += ["--database-url", options.database_url]
        self.portfolio_file = folder / "portfolio" / "portfolio.jsonl"

    def ready(self, service: Process) -> None:
        """Waits until the service answers; one that has ended never will."""
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/health/ready", timeout=5).close()
                return
            except OSError as refused:
                code = service.ended()
                # A child that the killed one was just beginning holds its port for a moment.
                taken = code is not None and "Address already in use" in service.tail()
                if (code is not None and not taken) or time.monotonic() > give_up:
                    sys.exit(f"the service is not ready (exit code {code}): {refused}\n{service.tail()}")
                time.sleep(0.5 if taken else 0.05)
                if taken:
                    service.spawn()

    def token(self, kind: str, subject: str) -> Path:
        """A token as the operator hands it out."""
        file = self.folder / "tokens" / subject
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(subprocess.check_output([*self.binary, "token", kind, subject]))
        return file

    def program(self, name: str, *words: str) -> list[str]:
        return [sys.executable, str(HERE / f"{name}.py"), "--url", self.url, *words]

    def desk(self) -> list[str]:
        if self.connected:
            connection = str(self.folder / "connection.json")
            return self.program("connected_desk", "--connection", connection, str(self.file))
        return self.program("service_desk", "--credentials", str(self.folder / "desk.json"), str(self.file))

    def portfolio(self) -> list[str]:
        credentials = str(self.folder / "portfolio.json")
        return self.program("portfolio_tool", "--credentials", credentials, str(self.portfolio_file.parent))

    def teams(self) -> list[str]:
        people, tokens = str(self.folder / "people.json"), str(self.folder / "tokens")
        return self.program("route", "--people", people, "--tokens", tokens)

    def entries(self) -> list[dict[str, Any]]:
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
    before, moved = (0, 0), time.monotonic()
    while True:
        told = [line.split() for line in (folder / "desk.log").read_text().splitlines()]
        pushed = len({words[0] for words in told if len(words) == 3})
        decided = len(stage.entries())
        # After a kill the desk tells again what it has told before: that is progress, too.
        if (len(told), decided) != before:
            before, moved = (len(told), decided), time.monotonic()
        elif time.monotonic() - moved > PATIENCE:
            sys.exit(f"stands still: {pushed} of {rows} pushed, {decided} of {expected} decided")
        for name, count in (("service", pushed), ("desk", pushed), ("portfolio", decided)):
            if due[name] and count >= due[name][0]:
                due[name].pop(0)
                actors[name].kill()
        for name, process in {"desk": desk, "teams": teams, "portfolio": actors["portfolio"]}.items():
            code = process.ended()
            if code not in (None, 0):
                sys.exit(f"{name} ended with {code}: {process.tail()}")
        if desk.ended() == 0 and decided >= expected and not any(due.values()):
            break
        time.sleep(0.05)
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


def receive(stage: Stage, admin: Path) -> None:
    """A receiver that has subscribed."""
    scopes = ["events.read", "webhooks.read", "webhooks.write"]
    made = Service.for_bearer(stage.url, admin).post("/clients", {"name": "Receiver", "scopes": scopes}).body
    credentials, folder = stage.folder / "receiver.json", stage.folder / "receiver"
    credentials.write_text(json.dumps({"clientId": made["id"], "clientSecret": made["clientSecret"]}))
    port = str(free_port())
    words = ["--credentials", str(credentials), "--port", port, str(folder)]
    receiver = Process(stage.program("webhook_receiver", *words), stage.folder / "receiver.log")
    give_up = time.monotonic() + PATIENCE
    while not (folder / "deliveries.jsonl").exists():
        if receiver.ended() is not None or time.monotonic() > give_up:
            sys.exit(f"the receiver does not receive: {receiver.tail()}")
        time.sleep(0.05)


def log(service: Service) -> Iterator[dict[str, Any]]:
    """All events that it may see, in their order."""
    cursor: str | None = None
    while True:
        stretch = service.get("/events", limit=200, cursor=cursor).body
        yield from stretch["items"]
        cursor = stretch["next"]
        if not stretch["more"]:
            return


def delivered(stage: Stage) -> int:
    """How many events were delivered: all since the subscription, those of one subject in the log's order."""
    service = Service.for_client(stage.url, stage.folder / "receiver.json")
    events = list(log(service))
    began = next(n for n, event in enumerate(events) if event["subject"]["kind"] == "webhook_subscription")
    wanted = {event["id"]: f"{event['subject']['kind']}/{event['subject']['id']}" for event in events[began + 1:]}
    came: dict[str, str] = {}
    moved = time.monotonic()
    while not wanted.keys() <= came.keys():
        text = (stage.folder / "receiver" / "deliveries.jsonl").read_text()
        told = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        before = len(came)
        for event in told:
            came.setdefault(event["id"], event["subject"])
        if len(came) > before:
            moved = time.monotonic()
        elif time.monotonic() - moved > PATIENCE:
            sys.exit(f"{len(wanted.keys() - came.keys())} of {len(wanted)} events were not delivered")
        time.sleep(0.5)
    in_log, as_came = defaultdict(list), defaultdict(list)
    for own_id, subject in wanted.items():
        in_log[subject].append(own_id)
    for own_id, subject in came.items():
        if own_id in wanted:
            as_came[subject].append(own_id)
    assert in_log == as_came, "the events of a subject came in another order"
    return len(wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path, help="the program kundansvar")
    parser.add_argument("file", type=Path, help="the desk's tickets, as CSV")
    parser.add_argument("--database-url", help="an empty PostgreSQL database; an SQLite file unless told")
    parser.add_argument("--connection", action="store_true", help="the desk sends its own rows to a connection's door")
    parser.add_argument("--kill", action="store_true", help="kill service, desk and portfolio three times each")
    parser.add_argument("--receive", action="store_true", help="subscribe to all events, and check what is delivered")
    parser.add_argument("--rate-limit", type=int, default=100_000, help="calls a minute that the service allows")
    parser.add_argument("--seed", type=int, help="for the random rows")
    options = parser.parse_args()
    random.seed(options.seed)
    wishes = list(helpdesk.wishes(options.file))
    expected = sum(helpdesk.destination(t["issue_category"]) == "service_portfolio" for t in wishes)

    with tempfile.TemporaryDirectory(prefix="kundansvar-replay-") as name:
        stage = Stage(options, Path(name))
        try:
            service = Process([*stage.binary, "serve"], stage.folder / "service.log", stage.ready)
            admin = str(stage.token("administrator", "replay"))
            subprocess.check_call(stage.program("set_up", "--token", admin, "--out", name, str(stage.file)))
            for who in json.loads((stage.folder / "people.json").read_text()):
                stage.token("person", who["manager"])
                stage.token("contact", who["contact"])
            if options.receive:
                receive(stage, Path(admin))
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
            if stage.connected and not options.kill:
                # A service that starts takes in what came late; one that was killed, only what had come by then.
                service.stop()
                service.start()
                token = str(stage.folder / "tokens" / "replay")
                words = ["--token", token, "--patience", "60", str(stage.file)]
                subprocess.check_call(stage.program("satisfaction_figures", *words))
            deliveries = delivered(stage) if options.receive else None
            subprocess.check_call([*stage.binary, "events", "verify", "--head", f"{after['position']}:{after['link']}"])
        except BaseException:
            for process in Process.started:
                print(f"--- {process.log.name}\n{process.tail()}", file=sys.stderr)
            raise
        finally:
            for process in Process.started:
                process.stop()
    figures = {
        "requests pushed": len(wishes),
        **{f"routed to {d}": read[d] for d in ("service_portfolio", "delivery", "strategy")},
        "accepted": read["accepted"],
        "declined": read["declined"],
        **{f"kills of the {name}": actor.kills for name, actor in actors.items()},
        "events": after["position"],
        **({} if deliveries is None else {"of them delivered, signed and in order": deliveries}),
        "events by pushing again": after["position"] - before["position"],
        "seconds, all at once": f"{took:.1f}",
        "seconds, pushing again": f"{again:.1f}",
    }
    for what, figure in figures.items():
        print(f"{what:26} {figure}")


if __name__ == "__main__":
    main()
