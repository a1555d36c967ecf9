from __future__ import annotations

import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from gvtui.commands import metrics
from gvtui.commands.metrics import Address, MetricsError, MetricsServer
from gvtui.errors import UsageError
from tests.export.test_status import document


def test_what_was_told_last_is_served(tmp_path: Path) -> None:
    server = MetricsServer("127.0.0.1:0")
    try:
        server.tell(document(tmp_path))
        with urllib.request.urlopen(f"http://{server.address}/metrics", timeout=60) as answer:
            assert "gvtui_viewers 2" in answer.read().decode().splitlines()
        with pytest.raises(urllib.error.HTTPError) as told:
            urllib.request.urlopen(f"http://{server.address}/other", timeout=60)
        told.value.close()
        assert told.value.code == 404
        with pytest.raises(MetricsError, match="cannot serve metrics at"):
            MetricsServer(server.address)
    finally:
        server.close()


@pytest.mark.parametrize(
    ("text", "host", "written"),
    [
        ("[::1]:9100", "::1", "[::1]:9100"),
        (":9100", "127.0.0.1", "127.0.0.1:9100"),
        ("localhost:9100", "localhost", "localhost:9100"),
    ],
)
def test_an_address_is_read_and_written(text: str, host: str, written: str) -> None:
    address = Address.read(text)
    assert (address.host, address.port, str(address)) == (host, 9100, written)


def test_an_ipv6_address_serves(tmp_path: Path) -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    server = MetricsServer("[::1]:0")
    try:
        server.tell(document(tmp_path))
        assert server.address.startswith("[::1]:")
        with urllib.request.urlopen(f"http://{server.address}/metrics", timeout=60) as answer:
            assert b"gvtui_viewers 2" in answer.read()
    finally:
        server.close()


def test_who_says_nothing_keeps_nobody_from_being_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "_MOST_CLIENTS", 3)
    server = MetricsServer("127.0.0.1:0")
    address = Address.read(server.address)
    silent = [socket.create_connection(address, timeout=60) for _ in range(3)]
    try:
        server.tell(document(tmp_path))
        with urllib.request.urlopen(f"http://{server.address}/metrics", timeout=60) as answer:
            assert b"gvtui_viewers 2" in answer.read()
        # The oldest has gone for it; another is answered still.
        assert silent[0].recv(1) == b""
        silent[2].sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert silent[2].recv(8) == b"HTTP/1.0"
    finally:
        for each in silent:
            each.close()
        server.close()


@pytest.mark.parametrize("address", ["", "9100", "x:y", "127.0.0.1:70000", "a..b:1", "ü..b:1"])
def test_no_address(address: str) -> None:
    with pytest.raises(UsageError, match="is no HOST:PORT"):
        MetricsServer(address)
