"""A receiver of webhooks: takes one delivery from the running service and checks it with other people's libraries.

Standard Webhooks checks the signature (here, and in webhooks.mjs the JavaScript library), the CloudEvents SDK the event.
"""

import http.server
import json
import os
import queue
import sys
import threading
import urllib.request
import uuid

from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

BASE_URL, TOKEN = os.environ["JUDGES_BASE_URL"], os.environ["JUDGES_TOKEN"]
TESTED = "kundansvar.webhook_subscription.tested.v1"


def call(method, path, body=None, **headers):
    headers |= {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE_URL + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as reply:
        return json.load(reply), reply.headers["ETag"]


def main(kept):
    """Leaves what came in the file, for the other library."""
    deliveries = queue.Queue()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            deliveries.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        made, etag = call("POST", "/webhook-subscriptions", {
            "name": "The judges", "destination": f"http://127.0.0.1:{server.server_port}/", "types": ["kundansvar.service.*"],
        })
        path = f"/webhook-subscriptions/{made['id']}"
        call("POST", f"{path}/test-event", **{"If-Match": etag})
        headers, body = deliveries.get(timeout=20)
        server.shutdown()

    secret = made["secret"]
    Webhook(secret).verify(body, headers)
    try:
        Webhook(secret).verify(body + b" ", headers)
    except WebhookVerificationError:
        pass
    else:
        sys.exit("a forged delivery passes")
    event = from_http_event(HTTPMessage(headers=headers, body=body))
    assert (event.get_specversion(), event.get_type(), event.get_id()) == ("1.0", TESTED, headers["webhook-id"])
    assert event.get_subject() == f"webhook_subscription/{made['id']}" and event.get_data()["type"] == TESTED
    with urllib.request.urlopen(event.get_dataschema(), timeout=20) as reply:
        schema = json.load(reply)
    assert (schema["$id"], schema["title"]) == (event.get_dataschema(), TESTED)
    with open(kept, "w", encoding="utf-8") as file:
        json.dump({"secret": secret, "headers": headers, "body": body.decode()}, file)
    print("standardwebhooks and cloudevents (Python) take the delivery")


main(sys.argv[1])
