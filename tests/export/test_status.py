from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgpack
import pytest

from gvtui.decode.times import second_text
from gvtui.export.status import (
    MOST_NAME_BYTES,
    MonitorRates,
    status_document,
    status_metrics,
    status_text,
)
from gvtui.monitor.hearing import Hearing
from gvtui.monitor.heartbeat import Heartbeat
from gvtui.trace.accounting import Accounting
from gvtui.trace.reach import Reach
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import recorded_datagrams


class FakeHearing(Hearing):
    """What a monitor has said last."""

    def __init__(self, path: Path, connected: int, closed: tuple[int, ...]) -> None:
        super().__init__(None, path, Heartbeat(1, who="x"))
        self.account = Accounting(received=500, logged=496, refused={"limits": 4}, dropped=3)
        self.realtime, self.connections, self.refused, self.left_out = True, 2, 1, 4
        self.connected = connected
        self.closed.extend(closed)


def document(
    tmp_path: Path,
    *faults: str,
    others: int = 0,
    closed: tuple[int, ...] = (),
    kept: tuple[int, float] | None = None,
    former: tuple[int, int] = (0, 0),
    tells_drops: bool = True,
) -> dict[str, Any]:
    writer = TraceWriter(tmp_path / "x.gvtrace")
    for number in range(others):
        writer.opened(2 + number, 10, {"container_id": f"{number} " + "\U0001f600" * 4000})
    # Of one with a process, it counts what its runsc says that it has dropped.
    peer = {} if tells_drops else {"peer_pid": 5, "peer_start": 1}
    writer.opened(1, 10, {"container_id": "web\x1b[2J", **peer})
    writer.received(1, 11, recorded_datagrams("shell-2024")[:50])
    trace = Trace.open(writer.path)
    clock = [0.0]
    rates = MonitorRates(lambda: clock[0])
    for second in range(11):
        clock[0] = float(second)
        assert rates.is_known == (second > 1)
        rates.take(second * 50, 0)
    reach = Reach(writer.path)
    reach.look()
    who = {"pid": 7, "keeper": 8, "listen": "/s", "since_ns": 0, "viewers": 2}
    told = status_document(
        FakeHearing(writer.path, 1 + others - len(closed), closed),
        trace,
        rates,
        who=who,
        faults=list(faults),
        now_ns=60_000_000_000,
        reach=reach,
        kept=kept,
        former=former,
    )
    trace.close()
    writer.close()
    return told


def test_text_says_what_the_document_holds(tmp_path: Path) -> None:
    told = json.loads(json.dumps(document(tmp_path, "disk full\x1b[2J")))
    text = "\n".join(status_text(told))
    assert "\x1b" not in text
    for words in (
        "500 received, 50 a second, 4 left out by limits",
        "1 connection now, 2 so far, 1 refused",
        "3 points, 0 a second",
        "disk full",
        "2 attached",
    ):
        assert words in text
    assert told["sandboxes"][0]["messages"] == 50
    assert told["sandboxes"][0]["rows_since_ns"] == 10
    assert f"  {second_text(10)}  web" in text


@pytest.mark.parametrize("tells_drops", [True, False])
def test_what_a_sandbox_dropped_is_a_bound_where_the_whole_is_one(
    tmp_path: Path, tells_drops: bool
) -> None:
    told = json.loads(json.dumps(document(tmp_path, tells_drops=tells_drops)))
    is_least = not tells_drops
    assert told["dropped"]["is_least"] is is_least
    assert told["sandboxes"][0]["dropped_is_least"] is is_least
    lines = list(status_text(told))
    assert ("dropped      at least 3 points, 0 a second" in lines) is is_least
    (line,) = [each for each in lines if each.endswith("  web\\x1b[2J")]
    assert line.split()[1] == ("≥0" if is_least else "0")
    assert f"gvtui_points_dropped_is_least {is_least:d}" in status_metrics(told).splitlines()


def test_who_has_gone_is_not_connected_although_the_trace_cannot_tell(tmp_path: Path) -> None:
    told = document(tmp_path, closed=(1,))
    assert (told["connections"]["now"], told["sandboxes"]) == (0, [])


def test_metrics_are_in_the_text_format(tmp_path: Path) -> None:
    lines = status_metrics(document(tmp_path)).splitlines()
    assert "gvtui_messages_received_total 500" in lines
    assert "gvtui_faults 0" in lines
    for line in lines:
        assert re.fullmatch(r"# (HELP|TYPE) gvtui_\w+ .+|gvtui_[a-z_]+ [0-9.e+-]+", line), line


@pytest.mark.parametrize(
    ("kept", "words", "metrics"),
    [
        (None, "keeps        all", []),
        ((64 << 20, 0.0), "keeps        67,108,864 bytes at most", ["gvtui_keep_bytes 67108864"]),
        (
            (1 << 30, 5400.0),
            "keeps        1,073,741,824 bytes at most, nothing older than 90min",
            ["gvtui_keep_bytes 1073741824", "gvtui_keep_seconds 5400.0"],
        ),
    ],
)
def test_how_much_is_kept_and_how_long(
    tmp_path: Path, kept: tuple[int, float] | None, words: str, metrics: list[str]
) -> None:
    told = json.loads(json.dumps(document(tmp_path, kept=kept)))
    assert words in list(status_text(told))
    lines = status_metrics(told).splitlines()
    assert [line for line in lines if line.startswith("gvtui_keep_")] == metrics
    size, seconds = kept or (None, None)
    assert (told["trace"]["keep_bytes"], told["trace"]["keep_seconds"]) == (size, seconds or None)


def test_a_rate_begins_anew_with_new_files() -> None:
    clock = [0.0]
    rates = MonitorRates(lambda: clock[0])
    assert rates.per_second == (0.0, 0.0)
    for received in (1000, 2000, 10):
        clock[0] += 1
        rates.take(received, 0)
    assert rates.per_second == (0.0, 0.0)


def test_sandboxes_with_long_names_make_no_document_that_nobody_can_send(tmp_path: Path) -> None:
    told = document(tmp_path, others=100)
    assert told["connections"]["now"] == 101
    assert 20 < len(told["sandboxes"]) < 101
    assert len(msgpack.packb(told)) < MOST_NAME_BYTES * 2


def test_traces_of_former_monitors_are_told(tmp_path: Path) -> None:
    told = json.loads(json.dumps(document(tmp_path, kept=(1 << 20, 0.0), former=(3, 65536))))
    assert (told["trace"]["former_traces"], told["trace"]["former_bytes"]) == (3, 65536)
    lines = list(status_text(told))
    place = lines.index("keeps        1,048,576 bytes at most")
    assert " ".join(" ".join(lines[place + 1 : place + 3]).split()) == (
        "65,536 of these now for 3 traces of former monitors: what sandboxes sent there that hold "
        "more than an equal share of all goes first"
    )
    assert "gvtui_former_traces_bytes 65536" in status_metrics(told).splitlines()
