"""A loopback HTTP proxy before a storage service, that counts every request and can break one of them."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from trouble import Case, Mode

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
"""Headers that belong to one of the two connections."""
_NAMES = (
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


def named(method: str, path: str) -> str:
    """What kind of operation a request is."""
    return f"{method} {next((name for pattern, name in _NAMES if re.search(pattern, path)), 'other')}"


class Proxy:
    """Hands requests on to a service; ``kill`` ends the process that sends them."""

    def __init__(self, service: str) -> None:
        self.done: list[str] = []
        self.case: Case | None = None
        self.kill: Callable[[], None] = lambda: None
        self._service = urlsplit(service)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def begin(self, case: Case | None, kill: Callable[[], None]) -> None:
        """Count from 0 again, and put the case's trouble in the way."""
        with self._lock:
            self.done, self.case, self.kill = [], case, kill

    @contextmanager
    def running(self) -> Iterator[Proxy]:
        """Serve until the end."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def fate(self, method: str, path: str) -> Mode | None:
        """Count a request; what is to become of it."""
        with self._lock:
            chosen = self.case is not None and len(self.done) == self.case.at
            self.done.append(named(method, path))
            return self.case.mode if self.case and chosen else None

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> http.client.HTTPResponse:
        """The service's answer, read to its end by the caller."""
        link = http.client.HTTPConnection(self._service.hostname or "", self._service.port, timeout=60)
        link.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            link.putheader(name, value)
        link.endheaders(body)
        return link.getresponse()


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, TimeoutError):  # the process at the other end is gone
                self.close_connection = True

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            mode = proxy.fate(self.command, self.path)
            if mode is Mode.BEFORE:
                proxy.kill()
                return self._hang_up()
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP - {"content-length"}}
            answer = proxy.ask(self.command, self.path, headers, body)
            data = answer.read()
            if mode is Mode.AFTER:
                proxy.kill()
            if mode is not None:
                return self._hang_up()
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            self.wfile.write(data)

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do  # noqa: N815 the names that the base class calls

        def log_message(self, *_: object) -> None:
            pass

    return Handler
