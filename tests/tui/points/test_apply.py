"""The Points pane over a stand-in for runsc: keys pressed, sessions applied, questions asked."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from gvtui.agent.agent import Agent
from gvtui.agent.memory import Memory
from gvtui.agent.outcome import ChangeOutcome, State
from gvtui.agent.pod_init import SessionFile
from gvtui.agent.target import SessionOwner
from gvtui.agent.targets import Keeper
from gvtui.monitor.options import MonitorOptions
from gvtui.points.library import Library
from gvtui.points.session import Point, Session, Sink
from gvtui.trace.accounting import Accounting
from gvtui.trace.marks import Mark
from gvtui.trace.reader import Trace
from gvtui.tui.app import GvtuiApp
from gvtui.tui.kit.overlays import TextScreen
from gvtui.tui.options import LiveOptions
from gvtui.tui.points.apply import summary_of, words_of
from gvtui.tui.points.survey import Targets
from gvtui.tui.run_live import settle
from gvtui.wire.header import build_message
from gvtui.wire.pb import syscall_pb2
from tests.agent.fake import FakeRunsc
from tests.trace.recorder import Recorder
from tests.tui.helpers import answer, drive, look_after, screen_text, until

OPEN = "syscall/open/enter"
FOREIGN: dict[str, Any] = {"name": "Default", "points": [{"name": "sentry/clone"}], "sinks": []}


class Marks:
    """Stands for the watch and its monitor; keeps the marks."""

    fault, dead, is_silent, is_renewed = "", False, False, False
    counts, is_shared, asks_to_end, is_wanted = True, False, False, False
    lost = refused = left_out = 0
    when_opened = when_seen = None

    def __init__(self, trace_path: Path) -> None:
        self.trace_path = trace_path
        self.marks: list[dict[str, Any]] = []
        self.changing: list[str] = []
        self.said: list[str] = []
        self.left_behind: list[Any] = []

    @property
    def monitor(self) -> Marks:
        return self

    def poll(self) -> list[Any]:
        return []

    def account_of(self, indexed: int, *, is_all: bool = True) -> Accounting:
        return Accounting()

    def tell_changing(self, sandbox: str) -> None:
        self.changing.append(sandbox)

    def send_mark(self, mark: Mark, conn: int = 0) -> bool:
        self.marks.append(mark.details())
        return True


class Bench:
    """An app over a stand-in runsc with one container, and what it left behind."""

    def __init__(self, folder: Path, file: Path | None = None, policy: Any = "ask") -> None:
        (folder / "runsc").mkdir()
        self.runsc = FakeRunsc(folder / "runsc")
        self.memory = memory = Memory(folder / "memory")
        self.keeper = Keeper(
            Agent([self.runsc.path], [self.runsc.root], memory=memory),
            memory=memory,
            library=Library(folder / "library"),
            file=SessionFile.open(file) if file else None,
            policy=policy,
        )
        self.recorder = Recorder(folder / "a.gvtrace")
        self.recorder.writer.flush()
        self.watch = Marks(self.recorder.path)
        self.socket = folder / "s.sock"
        self.app = GvtuiApp(
            Trace.open(self.recorder.path),
            live=LiveOptions(MonitorOptions(listen=self.socket)),
            zone=UTC,
        )
        self.app.keeper = self.keeper
        self.app.monitor = self.watch  # type: ignore[assignment]

    @property
    def state(self) -> Any:
        return self.app.feature(Targets).state

    def owner(self) -> Any:
        return self.state.target.owner

    def run(
        self, script: Callable[[Pilot[int]], Awaitable[None]], size: tuple[int, int] = (160, 46)
    ) -> None:
        async def whole(pilot: Pilot[int]) -> None:
            await until(pilot, lambda: bool(self.state.targets))
            await script(pilot)

        drive(self.app, whole, size)

    async def stage(self, pilot: Pilot[int], name: str = OPEN) -> None:
        """Go to a point and switch it, by keys."""
        if self.app.focused is None or "points" not in (self.app.focused.id or ""):
            await pilot.press("o")
            await pilot.pause()
        self.state.reveal(name)
        await pilot.press("space")

    async def apply(self, pilot: Pilot[int], key: str = "a") -> None:
        await pilot.press(key)
        await until(pilot, lambda: not self.state.busy)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_point_is_staged_and_applied(bench: Bench) -> None:
    async def script(pilot: Pilot[int]) -> None:
        assert bench.owner() is SessionOwner.NONE
        await bench.stage(pilot)
        assert "+1 staged" in screen_text(bench.app)
        assert bench.runsc.session() is None
        await bench.apply(pilot)
        session = bench.runsc.session()
        assert session is not None
        assert [point["name"] for point in session["points"]] == [OPEN]
        assert session["sinks"][0]["config"]["endpoint"] == str(bench.socket)
        assert bench.owner() is SessionOwner.OURS
        assert not bench.state.edit.is_staged
        assert "The new session runs" in screen_text(bench.app)
        assert [mark["kind"] for mark in bench.watch.marks] == ["session"]
        assert bench.watch.changing == ["c1"]

    bench.run(script)


def test_replacing_marks_the_gap_and_undo_leads_back(bench: Bench) -> None:
    async def script(pilot: Pilot[int]) -> None:
        await bench.stage(pilot)
        await bench.apply(pilot)
        await bench.stage(pilot, "sentry/clone")
        await bench.apply(pilot)
        assert [mark["kind"] for mark in bench.watch.marks] == ["session", "gap", "session"]
        assert "sentry/clone" in json.loads(bench.watch.marks[-1]["session"])["points"][0]["name"]
        await pilot.press("u")
        assert "−1 staged" in screen_text(bench.app)
        await bench.apply(pilot)
        session = bench.runsc.session()
        assert session is not None
        assert len(session["points"]) == 1
        await pilot.press("u")
        await pilot.press("U")
        assert not bench.state.edit.is_staged

    bench.run(script)


def test_switching_everything_off_ends_the_session(bench: Bench) -> None:
    async def script(pilot: Pilot[int]) -> None:
        await bench.stage(pilot)
        await bench.apply(pilot)
        await bench.stage(pilot)
        await bench.apply(pilot)
        assert bench.runsc.session() is None
        assert bench.owner() is SessionOwner.NONE

    bench.run(script)


def test_a_refusal_is_told_and_what_ran_before_goes_on(bench: Bench) -> None:
    async def script(pilot: Pilot[int]) -> None:
        await bench.stage(pilot)
        await bench.apply(pilot)
        before = bench.runsc.session()
        bench.runsc.behave("refuse", "ok")
        await bench.stage(pilot, "sentry/clone")
        await bench.apply(pilot)
        assert bench.runsc.session() == before
        assert "has been put back" in bench.state.note
        assert str(bench.state.edit.diff) == "+1"
        await pilot.press("I")
        await pilot.pause()
        assert isinstance(bench.app.screen, TextScreen)
        assert 'point "no/such" not found' in screen_text(bench.app)
        await pilot.press("escape")

    bench.run(script)


def test_a_session_of_another_is_replaced_only_if_the_user_says_so(bench: Bench) -> None:
    bench.runsc.run_session(FOREIGN)

    async def script(pilot: Pilot[int]) -> None:
        assert bench.owner() is SessionOwner.OTHER
        await bench.stage(pilot)
        await bench.apply(pilot)
        await answer(pilot, "leave")
        assert bench.runsc.session() == FOREIGN
        assert bench.state.edit.is_staged
        await bench.apply(pilot)
        await answer(pilot, "replace")
        await until(pilot, lambda: bench.owner() is SessionOwner.OURS)
        assert bench.runsc.session() != FOREIGN

    bench.run(script)


def test_a_session_of_an_earlier_run_is_known_and_made_anew(bench: Bench) -> None:
    [container] = bench.keeper.agent.inventory().containers
    sink = Sink("remote", {"endpoint": str(bench.socket)})
    session = Session((Point(OPEN, (), ("time",)),), (sink,))
    earlier = Agent([bench.runsc.path], [bench.runsc.root], memory=bench.memory)
    assert earlier.apply(container, session).applied

    async def script(pilot: Pilot[int]) -> None:
        assert bench.owner() is SessionOwner.EARLIER
        assert bench.state.edit.points().keys() == {OPEN}
        await until(pilot, lambda: bench.state.is_unheard)
        await pilot.press("4")
        await pilot.pause()
        assert "sends nothing here: a starts it again" in screen_text(bench.app)
        await bench.apply(pilot)
        await until(pilot, lambda: "what gvtui made there earlier" in screen_text(bench.app))
        await answer(pilot, "replace")
        await until(pilot, lambda: bench.owner() is SessionOwner.OURS)

    bench.run(script)


def test_what_another_monitor_put_there_is_not_taken_for_an_earlier_one(bench: Bench) -> None:
    [container] = bench.keeper.agent.inventory().containers
    bench.memory.remember(container, Session((Point(OPEN),), (Sink("remote", {}),)))
    bench.runsc.run_session(FOREIGN)

    async def script(pilot: Pilot[int]) -> None:
        assert bench.owner() is SessionOwner.OTHER

    bench.run(script)


def test_a_sandbox_that_has_gone_is_named(bench: Bench) -> None:
    both = [{"id": name, "status": "running", "pid": 1} for name in ("c1", "c2")]
    bench.runsc.have(*both)

    async def script(pilot: Pilot[int]) -> None:
        assert bench.state.target.title == "c1"
        bench.runsc.have(both[1])
        bench.app.feature(Targets).start_survey()
        await until(pilot, lambda: bench.state.gone is not None)
        assert bench.state.note == "c1 has gone."

    bench.run(script)


def test_containers_of_a_pod_are_counted(bench: Bench) -> None:
    inner = {"io.kubernetes.cri.sandbox-id": "pod"}
    name = {"io.kubernetes.cri.sandbox-name": "shop"}
    bench.runsc.have(
        {"id": "pod", "status": "running", "pid": 1, "annotations": name},
        {"id": "inner", "status": "running", "pid": 1, "annotations": inner},
    )

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("4")
        await pilot.pause()
        assert [target.title for target in bench.state.targets] == ["shop pod"]
        assert "2 containers   running   pid 1" in screen_text(bench.app)

    bench.run(script)


def test_a_root_that_cannot_be_listed_is_named_beside_the_others(bench: Bench) -> None:
    missing = bench.runsc.folder / "no-root"
    bench.keeper.agent = Agent([bench.runsc.path], [bench.runsc.root, missing])

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("4")
        await pilot.pause()
        assert "! there is no directory" in screen_text(bench.app)

    bench.run(script)


def test_all_sandboxes_get_what_is_staged(bench: Bench) -> None:
    bench.runsc.have(
        {"id": "c1", "status": "running", "pid": 1}, {"id": "c2", "status": "running", "pid": 2}
    )

    async def script(pilot: Pilot[int]) -> None:
        assert [target.title for target in bench.state.targets] == ["c1", "c2"]
        await bench.stage(pilot)
        await bench.apply(pilot, "A")
        assert bench.runsc.session("c1") == bench.runsc.session("c2")
        assert "Applied to 2 of 2" in bench.state.note
        assert bench.state.detail.startswith("c1: the new session runs")
        assert "c2: the new session runs" in bench.state.detail
        await pilot.press("c")
        assert bench.state.target.title == "c2"
        await bench.stage(pilot, "sentry/clone")
        await bench.apply(pilot)
        assert bench.runsc.session("c1") != bench.runsc.session("c2")

    bench.run(script)


@pytest.mark.parametrize(("choice", "left"), [("delete", False), ("keep", True)])
def test_leaving_asks_what_becomes_of_the_sessions(bench: Bench, choice: str, left: bool) -> None:
    async def script(pilot: Pilot[int]) -> None:
        await bench.stage(pilot)
        await bench.apply(pilot)
        await pilot.press("q")
        await answer(pilot, "stay")
        assert bench.app.is_running
        await pilot.press("q")
        await answer(pilot, choice)

    bench.run(script)
    said = settle(bench.keeper, bench.watch)  # type: ignore[arg-type]
    assert bool(bench.runsc.session()) is left
    assert said
    assert bench.watch.marks[-1]["state"] == ("applied" if left else "deleted")


def test_without_an_answer_all_is_put_back_and_others_are_left_alone(bench: Bench) -> None:
    bench.runsc.have(
        {"id": "c1", "status": "running", "pid": 1}, {"id": "c2", "status": "running", "pid": 2}
    )
    bench.runsc.run_session(FOREIGN, "c2")

    async def script(pilot: Pilot[int]) -> None:
        await bench.stage(pilot)
        await bench.apply(pilot)

    bench.run(script)
    settle(bench.keeper, bench.watch)  # type: ignore[arg-type]
    assert bench.runsc.session("c1") is None
    assert bench.runsc.session("c2") == FOREIGN


def test_leaving_asks_nothing_if_nothing_was_made(bench: Bench) -> None:
    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("q")
        await until(pilot, lambda: not bench.app.is_running)

    bench.run(script)
    assert settle(bench.keeper, bench.watch) == []  # type: ignore[arg-type]


def test_a_row_stops_its_own_point(bench: Bench) -> None:
    async def script(pilot: Pilot[int]) -> None:
        await bench.stage(pilot)
        await bench.apply(pilot)
        recorder = bench.recorder
        recorder.writer.closed(1, recorder.now, {})
        details = {"peer_pid": 7, "command": ["runsc", "trace", "create", "c1"]}
        recorder.writer.opened(2, recorder.now, details)
        recorder.writer.flush()
        bench.state.edit.stage(bench.state.edit.staged)
        bench.app.tick()
        recorder.writer.message(2, recorder.now, _open(recorder.now))
        recorder.writer.flush()
        bench.app.tick()
        bench.app.stream.focus()
        await pilot.press("end", "up", "down", "s")
        await pilot.pause()
        assert bench.state.edit.staged.points == ()
        assert "−1 staged" in screen_text(bench.app)

    bench.run(script)


def _open(now: int) -> bytes:
    from gvtui.wire.header import build_message
    from gvtui.wire.pb import syscall_pb2

    message = syscall_pb2.Open(sysno=2, pathname="/etc/passwd")
    message.context_data.thread_group_id = 5
    message.context_data.container_id = "c1"
    message.context_data.time_ns = now
    return build_message(7, message.SerializeToString(), 0)


def test_a_row_has_more_of_its_process_traced(bench: Bench) -> None:
    async def script(pilot: Pilot[int]) -> None:
        recorder = bench.recorder
        details = {"peer_pid": 7, "command": ["runsc", "trace", "create", "c1"]}
        recorder.writer.opened(2, recorder.now, details)
        recorder.writer.message(2, recorder.now, _open(recorder.now))
        recorder.writer.flush()
        bench.app.tick()
        bench.app.stream.focus()
        await pilot.press("end", "up", "down", "M")
        await answer(pilot, "processes")
        assert "sentry/clone" in bench.state.edit.staged.point_names
        assert [chip.expression for chip in bench.app.model.chips] == ["proc.id = c1/5"]

    bench.run(script)


def test_a_filter_tells_which_field_is_not_collected_and_adds_it(bench: Bench) -> None:
    async def script(pilot: Pilot[int]) -> None:
        bench.runsc.run_session(FOREIGN)
        await bench.stage(pilot)
        point = bench.state.edit.staged.points[0]
        bench.state.stage(bench.state.edit.staged.with_points([type(point)(point.name)]))
        bench.runsc.run_session(FOREIGN)
        await bench.apply(pilot)
        await answer(pilot, "replace")
        await until(pilot, lambda: bench.owner() is SessionOwner.OURS)
        bench.app.model.chips.put("evt.time > 1")
        bench.app.refilter()
        look_after(bench.app)
        await pilot.pause()
        assert "This filter needs time: 1 of 1 points of c1 go without it" in screen_text(bench.app)
        await pilot.press("F")
        assert bench.state.edit.points()[OPEN].context_fields == ("time",)

    bench.run(script)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("3", "No pairs and durations: the session does not collect thread_id and time."),
        ("c", "! Durations of calls need time: 1 of 1 points of c1 go without it"),
    ],
)
def test_numbers_and_calls_offer_the_fields_that_they_lack(
    bench: Bench, key: str, said: str
) -> None:
    async def script(pilot: Pilot[int]) -> None:
        bench.runsc.run_session(FOREIGN)
        await bench.stage(pilot)
        point = bench.state.edit.staged.points[0]
        bench.state.stage(bench.state.edit.staged.with_points([type(point)(point.name)]))
        await bench.apply(pilot)
        await answer(pilot, "replace")
        await until(pilot, lambda: bench.owner() is SessionOwner.OURS)
        message = syscall_pb2.Open(sysno=257, fd=-100, pathname="/etc/passwd")
        for _ in range(2):
            data = build_message(7, message.SerializeToString())
            bench.recorder.writer.message(1, bench.recorder.now, data)
        bench.app.stream.focus()
        await pilot.press("F")
        assert bench.state.edit.points()[OPEN].context_fields == ()
        await pilot.press(key)
        look_after(bench.app)
        await until(pilot, lambda: said in screen_text(bench.app))
        await until(pilot, lambda: "F stages it" in screen_text(bench.app))
        await pilot.press("F")
        assert bench.state.edit.points()[OPEN].context_fields == ("time",)

    bench.run(script)


def test_a_session_file_is_edited_and_written(tmp_path: Path) -> None:
    file = tmp_path / "init.json"
    file.write_text('{"other": 1, "trace_session": {"name": "Default", "points": []}}\n')
    bench = Bench(tmp_path, file)

    async def script(pilot: Pilot[int]) -> None:
        assert bench.owner() is SessionOwner.FILE
        await bench.stage(pilot)
        await pilot.press("a")
        await pilot.pause()
        written = json.loads(file.read_text())
        assert written["other"] == 1
        assert written["trace_session"]["points"][0]["name"] == OPEN
        assert "Written" in bench.state.note
        assert not bench.state.edit.is_staged
        await pilot.press("i")
        await until(pilot, lambda: f"pod-init-config={file}" in screen_text(bench.app))
        await pilot.press("escape")
        await bench.stage(pilot, "sentry/clone")
        file.write_text('{"other": 2, "trace_session": {"name": "Default"}}')
        bench.app.feature(Targets).start_survey()
        await until(pilot, lambda: "somebody else" in bench.state.target.error)
        await pilot.press("a")
        await pilot.pause()
        assert "Somebody else" in bench.state.note
        assert "sentry" not in file.read_text()
        assert not bench.state.target.error
        await pilot.press("a")
        await pilot.pause()
        written = json.loads(file.read_text())
        assert written["other"] == 2
        assert written["trace_session"]["points"][-1]["name"] == OPEN
        assert "sentry/clone" in file.read_text()

    bench.run(script)
    assert bench.runsc.session() is None


def test_a_new_file_is_made_with_a_sink_that_lets_containers_start(tmp_path: Path) -> None:
    file = tmp_path / "new.json"
    bench = Bench(tmp_path, file)

    async def script(pilot: Pilot[int]) -> None:
        await bench.stage(pilot)
        await pilot.press("a")
        await pilot.pause()

    bench.run(script)
    [sink] = json.loads(file.read_text())["trace_session"]["sinks"]
    assert sink["ignore_setup_error"]
    assert sink["config"]["endpoint"] == str(bench.socket)


def test_presets_are_staged_and_saved_under_names(bench: Bench) -> None:
    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("o")
        await pilot.pause()
        await pilot.press("L")
        await answer(pilot, "everything")
        assert len(bench.state.edit.staged.points) == 4
        await pilot.press("S")
        await pilot.pause()
        await pilot.press(*"mine", "enter")
        assert bench.keeper.library is not None
        assert bench.keeper.library.names() == ["mine"]
        await pilot.press("U", "L")
        await answer(pilot, "saved:mine")
        assert len(bench.state.edit.staged.points) == 4
        await pilot.press("T")
        assert bench.state.edit.staged.sinks[0].config["retries"] == 0
        await pilot.press("v")
        await pilot.pause()
        assert "What applying changes: +4" in screen_text(bench.app)
        await pilot.press("escape")

    bench.run(script)


def test_no_runsc_is_said_and_nothing_hangs(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.app.keeper = Keeper(Agent([str(tmp_path / "missing")]))

    async def script(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: bool(bench.state.problem))
        await pilot.press("o")
        await pilot.pause()
        assert "there is no program" in screen_text(bench.app)
        await pilot.press("a")

    drive(bench.app, script, (160, 46))


def outcome(bench: Bench, state: State, **more: Any) -> ChangeOutcome:
    return ChangeOutcome(bench.runsc.container(), state, "points[0] runs", **more)


def test_an_outcome_in_words(bench: Bench) -> None:
    notes = ("left out\x1b[2J",)
    skipped = tuple(f"p{count}" for count in range(7))
    said = outcome(bench, State.APPLIED, notes=notes, skipped_points=skipped, detail="all of it")
    words, look, detail = words_of(said)
    assert words == "points[0] runs. Left out\\x1b[2J. Skipped p0, p1, p2, p3, p4."
    assert look == "good"
    assert detail.endswith("all of it")
    assert words_of(outcome(bench, State.RESTORED))[1] == "bad"
    assert words_of(outcome(bench, State.LOST, error="it broke"))[:2] == (
        "It broke; points[0] runs.",
        "alarm",
    )


def test_several_outcomes_in_words(bench: Bench) -> None:
    outcomes = [outcome(bench, State.APPLIED), outcome(bench, State.LOST, error="it broke")]
    assert summary_of(outcomes) == ("Applied to 1 of 2 sandboxes. c1: it broke; points[0] runs.")
