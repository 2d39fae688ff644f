"""A loopback HTTP proxy before a storage service: it names every request, and can let a mishap befall any of them."""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
"""Headers that belong to one of the two connections."""
SLOW_S = 0.2
"""Seconds for which a slow answer pauses in its middle."""
SILENT_S = 5.0
"""Seconds for which nothing is said at all, before the connection is closed."""
KINDS = (
    (r"[?&]list-type=2", "list"),
    (r"[?&]uploads?\b|[?&]uploadId=", "multipart"),
    (r"/_delta_log/.*\.json", "delta commit"),
    (r"/_delta_log", "delta log"),
    (r"/catalog/.*\.parquet", "delta data"),
    (r"/clip\.json", "clip record"),
    (r"/clips/", "clip object"),
    (r"/receipts/", "receipts"),
    (r"/batches/", "batch record"),
)


class Mishap(StrEnum):
    """What can befall a request."""

    KILLED_BEFORE = "its sender is killed before it is done"
    KILLED_AFTER = "its sender is killed after it was done"
    LOST = "it is done and the connection closed without an answer"
    RESET = "the connection is reset before it is done"
    ERROR = "500 InternalError"
    SLOW_DOWN = "503 SlowDown"
    TRUNCATED = "the answer's body ends early"
    SLOW = "the answer pauses in its middle"
    SILENT = "it is done and no answer comes"


REFUSALS = {Mishap.ERROR: (500, "InternalError"), Mishap.SLOW_DOWN: (503, "SlowDown")}


class Proxy:
    """Hands requests on to a service."""

    def __init__(self, service: str) -> None:
        self.kinds: list[str] = []
        self.over = threading.Event()
        """Set when it ends: nothing is waited for any more."""
        self._befalls: Callable[[str], Mishap | None] = lambda _: None
        self._kill: Callable[[], None] = lambda: None
        self._service = urlsplit(service)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def begin(self, befalls: Callable[[str], Mishap | None], kill: Callable[[], None]) -> None:
        """Forget the requests seen, and let mishaps befall the next ones.

        ``befalls`` is asked once for each request, with its kind, one call at a time; ``kill`` ends the sender.
        """
        with self._lock:
            self.kinds, self._befalls, self._kill = [], befalls, kill

    @contextmanager
    def running(self) -> Iterator[Proxy]:
        """Serve until the end."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.over.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def meet(self, method: str, path: str) -> Mishap | None:
        """Note a request; what befalls it."""
        kind = f"{method} {next((name for pattern, name in KINDS if re.search(pattern, path)), 'other')}"
        with self._lock:
            mishap = self._befalls(kind)
            self.kinds.append(kind)
            return mishap

    def kill(self) -> None:
        """End the sender."""
        self._kill()

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """The service's answer and its body."""
        link = http.client.HTTPConnection(self._service.hostname or "", self._service.port, timeout=60)
        try:
            link.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                if name.lower() not in HOP - {"content-length"}:
                    link.putheader(name, value)
            link.endheaders(body)
            answer = link.getresponse()
            return answer, answer.read()
        finally:
            link.close()


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits for the acknowledgement of its head

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, TimeoutError):  # the sender is gone
                self.close_connection = True

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            mishap = proxy.meet(self.command, self.path)
            if mishap is Mishap.KILLED_BEFORE:
                proxy.kill()
            if mishap in (Mishap.KILLED_BEFORE, Mishap.RESET):
                self._hang_up()
            elif mishap in REFUSALS:
                self._refuse(*REFUSALS[mishap])
            else:
                self._answer(body, mishap)

        def _answer(self, body: bytes, mishap: Mishap | None) -> None:
            answer, data = proxy.ask(self.command, self.path, self.headers, body)
            if mishap is Mishap.KILLED_AFTER:
                proxy.kill()
            if mishap is Mishap.SILENT:
                proxy.over.wait(SILENT_S)
            if mishap in (Mishap.KILLED_AFTER, Mishap.LOST, Mishap.SILENT):
                self._hang_up()
                return
            length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
            self._begin(answer.status, answer.reason, answer.getheaders(), length or "0")
            half = len(data) // 2 if mishap in (Mishap.TRUNCATED, Mishap.SLOW) else len(data)
            self.wfile.write(data[:half])
            if mishap is Mishap.TRUNCATED:
                self._hang_up()
                return
            if mishap is Mishap.SLOW:
                time.sleep(SLOW_S)
            self.wfile.write(data[half:])

        def _begin(self, status: int, reason: str, headers: list[tuple[str, str]], length: str) -> None:
            self.send_response_only(status, reason)
            for name, value in headers:
                if name.lower() not in HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", length)
            self.end_headers()

        def _refuse(self, status: int, code: str) -> None:
            body = f"<Error><Code>{code}</Code><Message>A mishap of the test.</Message></Error>".encode()
            self._begin(status, code, [("Content-Type", "application/xml")], str(len(body)))
            if self.command != "HEAD":
                self.wfile.write(body)

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do  # the names that the base class calls

        def log_message(self, *_: object) -> None:
            pass

    return Handler
