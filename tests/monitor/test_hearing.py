from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import msgpack

from gvtui.monitor.hearing import Hearing
from gvtui.monitor.heartbeat import Heartbeat
from gvtui.trace.accounting import Accounting


class Heard(Hearing):
    def _last_words(self) -> str:
        return "gone"


def test_numbers_are_those_said_last(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    clock = [0.0]
    with ours, theirs:
        heard = Heard(ours, tmp_path, Heartbeat(1, who="x", clock=lambda: clock[0]))
        for received in (5, 9):
            account = Accounting(received=received, logged=received).pack()
            told: dict[str, Any] = {
                "kind": "status",
                "refused": received,
                "losses": [],
                "account": account,
            }
            theirs.send(msgpack.packb(told))
        assert [each["kind"] for each in heard.read_events()] == ["status", "status"]
        assert (heard.refused, heard.account.logged, heard.unaccounted) == (9, 9, "")
        # A reader that has found what was there before is only late.
        assert heard.account_of(5).indexed == 9
        assert heard.account_of(4).indexed == 4
        assert heard.account_of(4, is_all=False).indexed == 9
        # One that has found more is ahead of what was said: that has been received since.
        ahead = heard.account_of(12)
        assert (ahead.received, ahead.logged, ahead.indexed) == (12, 12, 12)
        assert list(ahead.problems()) == []
        clock[0] = 100.0
        (silent,) = heard.read_events()
        assert (silent["kind"], silent["about"]) == ("fault", "monitor")
        theirs.close()
        assert heard.read_events() == [{"kind": "died", "text": "gone"}]
        assert heard.read_events() == []
        assert not heard.pass_mark(b"", 0)


def test_who_is_connected_is_what_it_has_said_last(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        heard = Heard(ours, tmp_path, Heartbeat(1, who="x"))
        for told in (
            {"kind": "opened", "conn": 1, "connected": 1},
            {"kind": "opened", "conn": 2, "connected": 2},
            {"kind": "log", "text": "it tells nothing of that"},
            {"kind": "closed", "conn": 1, "connected": 1},
        ):
            theirs.send(msgpack.packb(told))
        assert len(heard.read_events()) == 4
        assert (heard.connected, list(heard.closed)) == (1, [1])
