"""Answers Prometheus over HTTP, in a thread of its own."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any, NamedTuple

from gvtui.errors import GvtuiError, UsageError
from gvtui.export.status import status_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONTENT = "text/plain; version=0.0.4; charset=utf-8"
_PATIENCE_SECONDS = 10.0
_MOST_CLIENTS = 32
"""How many are answered at once; who has taken longest goes when one more comes."""


class MetricsError(GvtuiError):
    """Metrics cannot be served."""


class Address(NamedTuple):
    """Where metrics are served."""

    host: str
    """A name or an IP address, without brackets."""
    port: int

    @classmethod
    def read(cls, text: str) -> Address:
        """Read `HOST:PORT`; without a host it is this machine alone.

        Raises:
            UsageError: it is no address.
        """
        host, sign, port = text.rpartition(":")
        if not sign or not port.isdecimal() or int(port) > 65535 or not _is_host(host):
            raise UsageError(f"{text!r} is no HOST:PORT; write one such as 127.0.0.1:9100")
        return cls(host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port))

    @property
    def is_ipv6(self) -> bool:
        """Whether the host is an IPv6 address."""
        return ":" in self.host

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if self.is_ipv6 else f"{self.host}:{self.port}"


def _is_host(text: str) -> bool:
    """Whether it can be the name or the address of a host."""
    try:
        text.encode("idna")
    except UnicodeError:
        return False
    return True


class _Answer(BaseHTTPRequestHandler):
    """Answers one client; `timeout` ends those that say nothing."""

    timeout = _PATIENCE_SECONDS
    server_version, sys_version = "gvtui", ""
    server: _Server

    def do_GET(self) -> None:
        """Answer with the metrics."""
        if self.path.partition("?")[0] not in ("/", "/metrics"):
            self.send_error(404)
            return
        told = self.server.told
        body = status_metrics(told).encode() if told is not None else b""
        self.send_response(200)
        self.send_header("Content-Type", _CONTENT)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of who asks."""


class _Server(ThreadingMixIn, TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 32
    told: Mapping[str, Any] | None = None

    def __init__(self, address: Address) -> None:
        self.address_family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
        self._clients: deque[socket.socket] = deque()
        self._lock = threading.Lock()
        super().__init__((address.host, address.port), _Answer)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Answer one more client, and let the oldest go where there are too many: whoever keeps its
        connection, or sends a byte now and then, keeps no other from being answered."""
        with self._lock:
            if len(self._clients) >= _MOST_CLIENTS:
                with contextlib.suppress(OSError):
                    self._clients.popleft().shutdown(socket.SHUT_RDWR)
            self._clients.append(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401
        """Close the connection of a client."""
        with self._lock, contextlib.suppress(ValueError):
            self._clients.remove(request)
        super().shutdown_request(request)

    def handle_error(self, *_: object) -> None:
        """A client that has gone is no fault."""


class MetricsServer:
    """Serves what was told last. Owns its socket and thread, until `close`."""

    def __init__(self, address: str) -> None:
        """Listen at `HOST:PORT`; port 0 takes a free one.

        Raises:
            UsageError: it is no address.
            MetricsError: nobody can listen there.
        """
        try:
            self._server = _Server(Address.read(address))
        except OSError as error:
            raise MetricsError(f"cannot serve metrics at {address}: {error.strerror}") from error
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        return str(Address(str(host), int(port)))

    def tell(self, told: Mapping[str, Any]) -> None:
        """Serve this from now on; see `gvtui.export.status`."""
        self._server.told = told

    def close(self) -> None:
        """Listen no longer."""
        self._server.shutdown()
        self._server.server_close()
