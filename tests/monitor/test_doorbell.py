"""Who wants to attach to the monitor of a viewer is heard, and nobody else."""

from __future__ import annotations

import socket
from pathlib import Path

import msgpack
import pytest

from gvtui.monitor import doorbell
from gvtui.monitor.doorbell import COME, COMING, Doorbell, packed
from gvtui.monitor.station import station_path


def connected(listen: Path) -> socket.socket:
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    channel.settimeout(10)
    channel.connect(str(station_path(listen)))
    return channel


def test_who_says_that_it_comes_is_heard_once(tmp_path: Path) -> None:
    listen = tmp_path / "s"
    bell = Doorbell(listen)
    assert not bell.has_rung()
    with connected(listen) as channel:
        assert not bell.has_rung()
        assert msgpack.unpackb(channel.recv(100)) == {"kind": COMING}
        channel.send(packed(COME))
        assert bell.has_rung()
        assert not bell.has_rung()
        assert channel.recv(100) == b""
    bell.close()
    assert not station_path(listen).exists()


@pytest.mark.parametrize("said", [b"", b"\xc1", packed("hello"), msgpack.packb([1]), b"x" * 300])
def test_who_only_looks_or_says_something_else_is_not(tmp_path: Path, said: bytes) -> None:
    bell = Doorbell(tmp_path / "s")
    with connected(tmp_path / "s") as channel:
        if said:
            channel.send(said)
    assert not bell.has_rung()
    assert not bell.has_rung()
    bell.close()


def test_who_comes_and_says_nothing_keeps_nobody_from_being_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "_MOST_WAITING", 2)
    bell = Doorbell(tmp_path / "s")
    silent = [connected(tmp_path / "s") for _ in range(2)]
    assert not bell.has_rung()
    coming = connected(tmp_path / "s")
    assert not bell.has_rung()
    assert [bool(channel.recv(100)) for channel in (*silent, coming)] == [True, True, True]
    # The oldest has gone for it.
    assert silent[0].recv(100) == b""
    coming.send(packed(COME))
    silent += [connected(tmp_path / "s") for _ in range(5)]
    assert bell.has_rung()
    for channel in (*silent, coming):
        channel.close()
    bell.close()


def test_where_none_can_be_made_there_is_none(tmp_path: Path) -> None:
    assert Doorbell.beside(tmp_path / ("x" * 108)) is None
    assert Doorbell.beside(tmp_path / "none" / "s") is None
    bell = Doorbell.beside(tmp_path / "s")
    assert bell is not None
    assert Doorbell.beside(tmp_path / "s") is None
    bell.close()
