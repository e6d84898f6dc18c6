"""Plays a tool that wants to know what happens: subscribes, takes every delivery, and believes none before its signature.

What is verified by the library of Standard Webhooks (`pip install standardwebhooks`) is written to FOLDER/deliveries.jsonl,
a line each, and only then answered; what is not, is refused. It subscribes once: its secret lies beside, and works on
when either side starts again.

    python3 webhook_receiver.py --url http://127.0.0.1:8080 --credentials receiver.json --port 9001 FOLDER
"""
from __future__ import annotations

import argparse
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from kundansvar_client import Service


def subscribed(service: Service, folder: Path, port: int) -> str:
    """The secret that deliveries are signed with."""
    kept = folder / "secret"
    if not kept.exists():
        told = {"name": "Receiver", "destination": f"http://127.0.0.1:{port}/", "types": ["kundansvar.*"]}
        secret = service.post("/webhook-subscriptions", told).body["secret"]
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(secret)
    return kept.read_text()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where its own records are kept")
    parser.add_argument("--url", required=True, help="where Kundansvar runs")
    parser.add_argument("--credentials", type=Path, required=True, help="file with client id and secret")
    parser.add_argument("--port", type=int, required=True, help="where it listens, on 127.0.0.1")
    options = parser.parse_args()

    options.folder.mkdir(parents=True, exist_ok=True)
    webhook = Webhook(subscribed(Service.for_client(options.url, options.credentials), options.folder, options.port))
    deliveries = (options.folder / "deliveries.jsonl").open("a")
    writing = threading.Lock()

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                event = webhook.verify(body, headers)
            except WebhookVerificationError:
                self.reply(401)
                return
            with writing:
                deliveries.write(json.dumps({"id": event["id"], "subject": event["subject"]}) + "\n")
                deliveries.flush()
            self.reply(204)

        def reply(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", options.port), Receiver) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
