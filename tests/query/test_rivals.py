"""A sandbox that says it is another's container is shown apart, wherever that is asked for."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.trace.keep import save
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.recorder import START_NS, open_message
from tests.trace.rivals import DROPPED, opened_by, write_rivals

if TYPE_CHECKING:
    from collections.abc import Iterator

FILTERS = ['proc.id = "¬2:web/1"', "proc.id = evil/9", "proc.id = web/1"]


@pytest.fixture
def trace(tmp_path: Path) -> Iterator[Trace]:
    writer = write_rivals(tmp_path / "a.gvtrace")
    writer.close()
    with closing(Trace.open(tmp_path / "a.gvtrace")) as trace:
        yield trace


def analysed(trace: Trace) -> Analysis:
    analysis = Analysis(trace)
    while analysis.context.advance():
        pass
    return analysis


def test_drops_and_messages_are_the_imposter_s_own(trace: Trace) -> None:
    found = [(s.container_id, s.messages, s.dropped) for s in trace.connections.sandboxes()]
    assert found == [("web", 3, 0), ("evil", 4, DROPPED)]
    assert trace.connections[2].disputed == ["web"]
    assert trace.connections.claims.contradicted == 1


def test_processes_are_in_a_tree_of_their_own(trace: Trace) -> None:
    tree = analysed(trace).processes.tree
    found = {(p.container, p.pid): (p.name, p.has_ended, p.exit_status) for p in tree}
    assert found == {
        ("web", 1): ("nginx", False, None),
        ("evil", 9): ("sh", False, None),
        ("¬2:web", 1): ("miner", True, 9),
    }


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("container.id = web", ["/real0", "/real1", "/real2"]),
        ('container.id = "¬2:web"', ["/x", "/tmp/miner", ""]),
        ("container.id != web", ["/own", "/x", "/tmp/miner", ""]),
        ("container.id contains web", ["/real0", "/real1", "/real2", "/x", "/tmp/miner", ""]),
        ("proc.id = web/1", ["/real0", "/real1", "/real2"]),
        ('proc.id = "¬2:web/1"', ["/x", "/tmp/miner", ""]),
    ],
)
def test_filters_tell_them_apart(trace: Trace, text: str, paths: list[str]) -> None:
    condition = compile_filter(text, analysed(trace).context)
    rows = trace.rows(0, trace.end_row)
    found = condition.mask(trace, rows, 0) & (rows["kind"] == 0)
    assert [trace.string(int(row["path"])) for row in rows[found]] == paths


@pytest.mark.parametrize("step", [1, 2, 3, 100])
@pytest.mark.parametrize(
    "imposter",
    [
        opened_by(11, "runsc", "run", "evil"),
        opened_by(11, "python3", "run", "web", program="python3"),
        opened_by(11, "runsc", "run", "web", uid=1000),
    ],
    ids=["sandbox", "argument", "user"],
)
@pytest.mark.parametrize("victim", [None, opened_by(10, "runsc")], ids=["named", "by messages"])
def test_a_replay_decides_what_was_decided_live(
    tmp_path: Path, step: int, imposter: dict[str, Any], victim: dict[str, Any] | None
) -> None:
    write_rivals(tmp_path / "a.gvtrace", imposter, victim).close()
    live = Trace.open(tmp_path / "a.gvtrace", limit=0)
    while live.end_row < live.available_rows:
        live.limit = live.end_row + step
        live.refresh()
    whole = Trace.open(tmp_path / "a.gvtrace")
    for trace in (live, whole):
        names = [trace.container_of(row) for row in range(trace.end_row)]
        assert names[:4] == ["web"] * 4
        assert "web" not in names[4:]
        assert trace.connections[1].dropped == 0
        trace.close()


def test_a_recording_of_an_older_gvtui_is_read_as_ever(tmp_path: Path) -> None:
    old = {"peer_pid": 11, "peer_uid": 0, "command": ["runsc"]}
    write_rivals(tmp_path / "a.gvtrace", old, old).close()
    trace = Trace.open(tmp_path / "a.gvtrace")
    assert trace.connections.claims.contradicted == 0
    assert trace.container_of(trace.end_row - 1) == "web"
    trace.close()


def test_exports_tell_them_apart(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from gvtui.cli import run

    path = tmp_path / "a.gvtrace"
    write_rivals(path).close()
    assert run(["print", str(path), "--format", "json"]) == 0
    out, err = capfd.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    names = [line["container_id"] for line in lines if "event" not in line]
    assert names == ["web"] * 3 + ["evil"] + ["¬2:web"] * 3
    assert err.splitlines() == [
        f"gvtui: at least {DROPPED} points dropped by sandbox evil",
        "gvtui: connection 2 (process 11 of user 0) says that it is web, as another sandbox does; "
        "what it sent is shown as ¬2:…",
    ]
    assert run(["print", str(path), "--format", "strace"]) == 0
    heads = [line.split()[0] for line in capfd.readouterr().out.splitlines()]
    assert heads == ["web"] * 3 + ["evil"] * 2 + ["¬2:web"] * 4
    assert run(["print", str(path), "--stats", "--format", "json"]) == 0
    processes = json.loads(capfd.readouterr().out)["processes"]
    assert sorted(each["filter"] for each in processes) == FILTERS


def test_a_copy_without_the_victim_s_messages_does_not_believe_the_imposter(tmp_path: Path) -> None:
    from gvtui.cli import run

    path, copy = tmp_path / "a.gvtrace", tmp_path / "b.gvtrace"
    write_rivals(path, opened_by(11, "runsc"), opened_by(10, "runsc")).close()
    assert run(["convert", str(path), str(copy), "--filter", "conn.num = 2"]) == 0
    trace = Trace.open(copy)
    names = [trace.container_of(row) for row in range(trace.end_row) if trace.row(row).kind == 0]
    assert names == ["evil", "¬2:web", "¬2:web", "¬2:web"]
    assert trace.connections[2].disputed == ["web"]
    trace.close()


def test_what_is_kept_of_a_flight_recorder_does_not_believe_the_imposter(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=64_000, segment_bytes=8_000)
    for conn in (1, 2):
        writer.opened(conn, START_NS, opened_by(10 + conn, "runsc"))
        writer.message(conn, START_NS, open_message("/x", container="web"))
    trace = Trace.open(tmp_path / "live")
    for number in range(400):
        writer.message(2, START_NS, open_message(f"/{number}", container="web"))
        writer.message(1, START_NS, open_message(f"/{number}", container="web"))
    trace.refresh()
    assert trace.first_row > 4
    save(trace, tmp_path / "kept.gvtrace")
    kept = Trace.open(tmp_path / "kept.gvtrace")
    for shown in (trace, kept):
        rows = [row for row in range(shown.first_row, shown.end_row) if shown.row(row).kind == 0]
        names = {shown.row(row).conn: shown.container_of(row) for row in rows}
        assert names == {1: "web", 2: "¬2:web"}
        shown.close()
    writer.close()
