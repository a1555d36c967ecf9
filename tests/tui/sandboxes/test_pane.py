from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.trace import connections
from gvtui.trace.names import Names, NamesMark
from gvtui.tui.kit.cells import width_of
from gvtui.tui.processes.pane import ProcessesPane
from gvtui.tui.sandboxes.pane import SandboxList
from tests.trace.factory import exit_message
from tests.trace.recorder import SECOND, Recorder, open_message
from tests.trace.rivals import opened_by, write_rivals
from tests.tui.helpers import catch_up, drive, live, notes, screen_text, until

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp


def _entry(app: GvtuiApp, number: int) -> str:
    pane = app.screen.query_one(SandboxList)
    return "\n".join(pane.render_line(1 + 2 * number + line).text for line in (0, 1))


def test_a_sandbox_is_connected_and_then_gone(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(20)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        assert "● c0ffee" in _entry(app, 0)
        assert "runsc" not in _entry(app, 0)
        assert "connected  20 msgs" in _entry(app, 0)
        recorder.add(1, dropped=5)
        recorder.writer.closed(1, recorder.now, {})
        recorder.writer.flush()
        app.tick()
        app.show_news()
        assert "○ c0ffee" in _entry(app, 0)
        assert "gone  21 msgs  ▲ 5 dropped" in _entry(app, 0)

    drive(app, script)


def test_no_number_is_cut_where_there_is_little_room(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(3000)
    recorder.add(1, dropped=1234)
    recorder.writer.flush()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        pane = app.screen.query_one(SandboxList)
        (sandbox,) = app.model.trace.connections.sandboxes()
        seen = set()
        for width in range(22, 60):
            _, second = pane._entry(sandbox, app.model.moments.now_ns, width)
            words = "".join(text for text, _ in second)
            assert width_of(words) < width
            assert "▲ 1234" in words
            seen.add(words.split("▲")[0].split()[1:2] == ["3001"])
        assert seen == {True, False}

    drive(app, script)


def test_successive_connections_of_a_container_are_one_entry(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(2, dropped=2)
    recorder.writer.closed(1, recorder.now, {})
    recorder.writer.opened(2, recorder.now, {})
    message = open_message("/x", time_ns=recorder.now, dropped=3)
    recorder.writer.message(2, recorder.now, message)
    recorder.writer.flush()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        assert "connected #2  3" in _entry(app, 0)
        assert "▲ 5" in _entry(app, 0)
        assert not _entry(app, 1).strip()

    drive(app, script)


def test_a_sandbox_that_says_nothing_is_named_by_its_connection(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.writer.flush()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        assert "● connection 1" in _entry(app, 0)
        app.screen.query_one(SandboxList).focus()
        await pilot.press("enter")
        assert not app.model.filtered

    drive(app, script)


def test_who_says_it_is_another_s_container_has_a_line_of_its_own(tmp_path: Path) -> None:
    write_rivals(
        tmp_path / "a.gvtrace", opened_by(11, "python3", "run", "web", program="python3")
    ).flush()
    app = live(tmp_path / "a.gvtrace")

    async def script(pilot: Pilot[int]) -> None:
        assert "● web " in _entry(app, 1)
        assert "connected  3 msgs" in _entry(app, 1)
        assert "dropped" not in _entry(app, 1)
        assert "● ¬2:web not believed" in _entry(app, 0)
        assert "▲ 20" in _entry(app, 0)
        assert "¬ 1 disputed name" in screen_text(app).splitlines()[0]

    drive(app, script, (180, 40))


def test_nobody_is_connected_to_a_monitor_that_has_gone(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(3)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        app.show_news()
        await pilot.pause()
        assert "● 1 sandbox" in screen_text(app)
        app.model.monitor_gone = True
        app.show_news()
        await pilot.pause()
        shown = screen_text(app)
        assert "● c0ffee" not in shown
        assert "● 1 sandbox" not in shown
        assert shown.count("◌") == 2
        assert shown.count("monitor gone") == 2
        app.model.monitor_gone = False
        app.show_news()
        await pilot.pause()
        assert "● 1 sandbox" in screen_text(app)

    drive(app, script)


@pytest.mark.parametrize("container", ["web:1", "110", "a b", "in"])
def test_a_sandbox_drilled_from_processes_is_shown_as_chosen(
    tmp_path: Path, container: str
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(2, container=container)
    recorder.writer.opened(2, recorder.now, {})
    recorder.writer.message(2, recorder.now, open_message("/x", container="other"))
    recorder.writer.flush()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("2")
        pane = app.screen.query_one(ProcessesPane)
        await until(pilot, lambda: pane.count() > 2)
        await pilot.press("home", "enter")
        await pilot.pause()
        sandboxes = app.screen.query_one(SandboxList)
        chosen = [sandboxes._is_chosen(sandbox) for sandbox in app.model.sandboxes]
        assert chosen == [True, False]
        assert app.model.view.count == 3

    drive(app, script)


def test_old_sandboxes_have_one_entry_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CLOSED", 1)
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(20, dropped=5)
    recorder.writer.closed(1, recorder.now, {})
    for conn in (2, 3, 4):
        recorder.writer.opened(conn, recorder.now, {"container_id": f"box{conn}"})
        recorder.writer.closed(conn, recorder.now, {})
    recorder.writer.flush()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        assert app.screen.query_one(SandboxList).render_line(0).text.split() == ["Sandboxes", "1"]
        assert "○ box4" in _entry(app, 0)
        assert "○ 3 earlier connections" in _entry(app, 1)
        assert "summed up  20 msgs  ▲ 5" in _entry(app, 1)
        app.screen.query_one(SandboxList).focus()
        await pilot.press("down", "enter")
        assert not app.model.chips.active()

    drive(app, script)


def test_who_also_says_it_is_another_has_that_in_its_line(tmp_path: Path) -> None:
    write_rivals(tmp_path / "a.gvtrace").flush()
    app = live(tmp_path / "a.gvtrace")

    async def script(pilot: Pilot[int]) -> None:
        assert "● evil says it is web" in _entry(app, 0)

    drive(app, script, (180, 40))


@pytest.mark.parametrize(("status", "words"), [(0x100, "exited 1  "), (9, "killed by SIGKILL  ")])
def test_one_whose_first_process_told_its_exit_says_how_it_ended(
    tmp_path: Path, status: int, words: str
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(2)
    recorder.writer.message(1, recorder.now, exit_message(1, status))
    recorder.writer.closed(1, recorder.now, {})
    recorder.writer.flush()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        assert words in _entry(app, 0)

    drive(app, script)


def _numbered(recorder: Recorder, *numbers: int) -> None:
    for number in numbers:
        recorder.now += SECOND
        recorder.writer.opened(number, recorder.now, {"container_id": f"box{number}"})
    recorder.writer.flush()


def test_the_cursor_stays_on_its_sandbox_while_others_come_and_go(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    _numbered(recorder, *range(2, 102))
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        pane = app.screen.query_one(SandboxList)
        assert "● box101" in _entry(app, 0)
        # Nobody has used the cursor: it is not on a sandbox yet.
        _numbered(recorder, 102)
        catch_up(app)
        app.show_news()
        assert (pane.cursor, _entry(app, 0)[1:9]) == (0, "● box102")
        pane.focus()
        await pilot.pause()
        await pilot.press("down", "down")
        assert "box100 " in pane.words()
        _numbered(recorder, *range(103, 130))
        recorder.writer.closed(101, recorder.now, {})
        recorder.writer.flush()
        catch_up(app)
        app.show_news()
        assert "box100 " in pane.words()
        assert "box100" in screen_text(app)
        await pilot.press("enter")
        assert app.model.chips.active() == ["container.id = box100"]
        await pilot.press("s")
        assert pane.words().startswith("● box100 ")
        heading = pane.render_line(0).text
        assert heading.split() == ["Sandboxes", "by", "name", "129"]
        await pilot.press("S", "end")
        heading = pane.render_line(0).text
        assert heading.split()[1:3] == ["by", "name,"]
        assert heading.split()[-1] == "129"
        # The one that has gone is below those that are connected.
        assert "○ box101 " in pane.words()

    drive(app, script)


def test_the_cursor_stays_on_what_has_a_name_only_later(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    _numbered(recorder, 2, 3)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        pane = app.screen.query_one(SandboxList)
        pane.focus()
        await pilot.press("end")
        assert "connection 1 " in pane.words()
        recorder.add(1)
        _numbered(recorder, 4)
        catch_up(app)
        app.show_news()
        assert "c0ffee " in pane.words()
        assert pane.cursor == 3

    drive(app, script)


def test_a_sandbox_is_shown_by_its_name_with_its_id(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(2)
    names = Names("docker", "web")
    recorder.writer.mark(recorder.now, NamesMark("c0ffee", names).details(), 1)
    recorder.writer.flush()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        assert "● web c0ffee" in _entry(app, 0)
        # Another that is called the same has its ID, whatever there is room for.
        recorder.writer.opened(2, recorder.now, {"container_id": "badcab"})
        recorder.writer.mark(recorder.now, NamesMark("badcab", names).details(), 2)
        recorder.writer.flush()
        app.tick()
        app.show_news()
        assert "web c0ffee" in _entry(app, 0) + _entry(app, 1)
        assert "web badcab" in _entry(app, 0) + _entry(app, 1)

    drive(app, script)


def test_a_fold_is_opened_searched_and_closed_with_keys(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    _numbered(recorder, *range(2, 8))
    for conn in range(2, 8):
        recorder.writer.closed(conn, recorder.now + SECOND, {})
    recorder.writer.flush()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        pane = app.screen.query_one(SandboxList)
        pane.focus()
        await pilot.pause()
        await pilot.press("down", "down")
        assert pane.words().startswith("○ box6 ")
        await pilot.press("asterisk")
        assert _entry(app, 1)[1:].startswith("▸ 6 × box*")
        assert "6 gone  0 msgs" in _entry(app, 1)
        assert "folded, " in pane.render_line(0).text
        assert pane.render_line(0).text.split()[-1] == "7"
        assert pane.cursor == 1, "the cursor is on the fold that has its sandbox"
        await pilot.press("slash", *"box3", "enter")
        assert pane.cursor == 1, "a search finds what is folded"
        await pilot.press("escape", "enter")
        assert pane.count() == 8
        # It has scrolled, so that as many of its sandboxes are shown as there is room for.
        assert _entry(app, 1).startswith("   ○ box7 ")
        await pilot.press("down", "down", "enter")
        assert app.model.chips.active() == ["container.id = box6"]
        await pilot.press("left")
        assert pane.count() == 2
        assert _entry(app, 1)[1:].startswith("▸ 6 × box*")
        assert pane.mark(1) == ("▌", "cursor")
        await pilot.press("up")
        assert pane.mark(1) == ("▐", "chosen"), "the stream shows one of these alone"
        await pilot.press("asterisk")
        assert pane.count() == 7
        await pilot.press("up")

    drive(app, script)


def test_it_is_said_when_nothing_can_be_folded(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        app.screen.query_one(SandboxList).focus()
        await pilot.press("asterisk")
        assert "None can be folded now" in (await notes(pilot))[-1]

    drive(app, script)
