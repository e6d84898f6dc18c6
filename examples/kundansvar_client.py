"""What every program that calls Kundansvar needs: a token, one Idempotency-Key for all tries, and patience.

Only the standard library, so that it reads the same in any language.
"""
from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple

BASE = "/kundansvar/v1"
JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"
# Nothing was decided yet: the same call, with the same key, may be sent again.
TRY_AGAIN = {429, 502, 503, 504}


class Reply(NamedTuple):
    """A 2xx answer."""

    status: int
    etag: str | None
    body: Any


class Refused(Exception):
    """A problem document (RFC 9457): the service understood the call, and said no."""

    def __init__(self, call: str, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{call}: {status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.code: str | None = problem.get("code")
        self.rule: str | None = problem.get("rule")


class Service:
    """The service as one caller sees it."""

    def __init__(self, url: str, token: str = "", credentials: tuple[str, str] | None = None) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.credentials = credentials
        self.patience = 120.0

    @classmethod
    def for_client(cls, url: str, file: Path) -> Service:
        """Another system, by the credentials that `POST /clients` told, kept in a file."""
        told = json.loads(file.read_text())
        return cls(url, credentials=(told["clientId"], told["clientSecret"]))

    @classmethod
    def for_bearer(cls, url: str, file: Path) -> Service:
        """A person, a contact or an administrator, by a token in a file."""
        return cls(url, token=file.read_text().strip())

    def get(self, path: str, **query: Any) -> Reply:
        filled = {name: value for name, value in query.items() if value is not None}
        return self.call("GET", f"{path}?{urllib.parse.urlencode(filled)}" if filled else path)

    def post(self, path: str, body: Any = None, if_match: str | None = None) -> Reply:
        return self.call("POST", path, body, if_match)

    def items(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Everything in a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, limit=200, cursor=cursor, **query).body
            yield from page["items"]
            cursor = page.get("next")
            if cursor is None:
                return

    def lines(self, path: str) -> list[dict[str, Any]]:
        """What is told by the line (NDJSON)."""
        told = self.call("GET", path, accept=NDJSON).body
        return list(told)

    def send_lines(self, path: str, lines: Iterable[dict[str, Any]]) -> Reply:
        """Measurements, answered in one document at the end. Their batch has a name, so that they may be sent again."""
        body = "".join(json.dumps(line) + "\n" for line in lines)
        return self.call("POST", path, body.encode(), media=NDJSON)

    def call(self, method: str, path: str, body: Any = None, if_match: str | None = None,
             accept: str = JSON, media: str = JSON) -> Reply:
        """One call, tried until it is answered. The key is made once: a try that was lost on its way back changes
        nothing when it is sent again, the service gives its recorded answer."""
        headers = {"Accept": accept}
        if method == "POST" and media in (JSON, CSV):
            headers["Idempotency-Key"] = str(uuid.uuid4())
        if if_match is not None:
            headers["If-Match"] = if_match
        if body is not None:
            headers["Content-Type"] = media
        data = body if body is None or media != JSON else json.dumps(body).encode()
        renewed = False
        while True:
            if not self.token and self.credentials:
                self.token = self._fetch_token(*self.credentials)
            headers["Authorization"] = f"Bearer {self.token}"
            request = urllib.request.Request(self.url + BASE + path, data, headers, method=method)
            try:
                return self._send(request)
            except Refused as refused:
                # A token lives for an hour; then there is a new one to be had.
                if refused.status != 401 or not self.credentials or renewed:
                    raise
                self.token, renewed = "", True

    def _fetch_token(self, client_id: str, secret: str) -> str:
        """RFC 6749, client credentials."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        request = urllib.request.Request(self.url + "/oauth/token", urllib.parse.urlencode(form).encode())
        return str(self._send(request).body["access_token"])

    def _send(self, request: urllib.request.Request) -> Reply:
        """Sends until the service answers for good, or patience ends."""
        give_up = time.monotonic() + self.patience
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as reply:
                    return Reply(reply.status, reply.headers.get("ETag"), _told(reply))
            except urllib.error.HTTPError as e:
                text, wait = e.read(), e.headers.get("Retry-After")
                # 409 with Retry-After: the same call still runs; its answer comes.
                again = e.code in TRY_AGAIN or (e.code == 409 and wait is not None)
                if not again or time.monotonic() > give_up:
                    raise Refused(f"{request.method} {request.selector}", e.code, _problem(text)) from None
                pause = float(wait or 1)
            except (urllib.error.URLError, http.client.HTTPException, OSError):
                # Refused, reset or timed out: nobody knows whether it was done, which is what the key is for.
                if time.monotonic() > give_up:
                    raise
                pause = 0.2
            time.sleep(pause)


def _told(reply: http.client.HTTPResponse) -> Any:
    text = reply.read()
    if reply.headers.get_content_type() == CSV:
        return text.decode()
    if reply.headers.get_content_type() == NDJSON:
        return [json.loads(line) for line in text.splitlines()]
    return json.loads(text) if text else None


def _problem(text: bytes) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError:
        return {"detail": text.decode(errors="replace")[:200]}
    return told if isinstance(told, dict) else {}
