"""Answers Prometheus over HTTP, in a thread of its own."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from gvtui.errors import GvtuiError, UsageError
from gvtui.export.status import status_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONTENT = "text/plain; version=0.0.4; charset=utf-8"
_PATIENCE_SECONDS = 10.0


class MetricsError(GvtuiError):
    """Metrics cannot be served."""


class _Answer(BaseHTTPRequestHandler):
    """Answers one client; `timeout` ends those that say nothing."""

    timeout = _PATIENCE_SECONDS
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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    told: Mapping[str, Any] | None = None

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
        host, sign, port = address.rpartition(":")
        if not sign or not port.isdecimal() or int(port) > 65535:
            raise UsageError(f"{address!r} is no HOST:PORT; write one such as 127.0.0.1:9100")
        try:
            self._server = _Server((host.strip("[]") or "127.0.0.1", int(port)), _Answer)
        except OSError as error:
            raise MetricsError(f"cannot serve metrics at {address}: {error.strerror}") from error
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def tell(self, told: Mapping[str, Any]) -> None:
        """Serve this from now on; see `gvtui.export.status`."""
        self._server.told = told

    def close(self) -> None:
        """Listen no longer."""
        self._server.shutdown()
        self._server.server_close()
