from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.tui.kit.times import span_text
from tests.trace.recorder import Recorder
from tests.tui.helpers import drive, live, recording

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp


def _lines(app: GvtuiApp) -> list[str]:
    detail = app.detail
    return [detail.render_line(y).text.rstrip() for y in range(detail.size.height)]


def test_every_field_is_there_decoded_and_raw() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        app.stream.jump(402)
        await pilot.pause()
        text = "\n".join(_lines(app))
        assert "syscall/openat/enter" in text
        assert '"/usr/local/include/bits/floatn.h"' in text
        assert "O_RDONLY|O_NOCTTY   256" in text
        assert "AT_FDCWD   -100" in text
        assert "2026-11-23 17:37:16.713806332" in text

    drive(app, script, (160, 50))


def test_long_values_are_wrapped_not_cut(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1, path="/a" * 150)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        text = "".join(line.strip() for line in _lines(app))
        assert "/a" * 150 in text

    drive(app, script)


def test_a_key_shows_the_bytes() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        app.stream.jump(402)
        await pilot.press("H")
        assert "119 bytes, header included" in "\n".join(_lines(app))
        assert any(line.startswith("  000000  08 00 07 00") for line in _lines(app))
        await pilot.press("H")
        assert not any("header included" in line for line in _lines(app))

    drive(app, script)


def test_a_message_that_cannot_be_read_shows_why_and_its_bytes(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.writer.message(1, recorder.now, b"\x08\x00\x07\x00\x00\x00\x00\x00\xff\xff")
    recorder.writer.message(1, recorder.now, b"\x08\x00\xe7\x03\x00\x00\x00\x00\x08\x01")
    recorder.writer.flush()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        text = "\n".join(_lines(app))
        assert "Message type 999 is not known" in text
        assert "000000  08 00 e7 03" in text
        await pilot.press("up")
        text = "\n".join(_lines(app))
        assert "This message cannot be read: the payload is no valid Open message" in text
        assert "000000  08 00 07 00" in text

    drive(app, script)


def test_rows_that_are_no_messages_say_what_they_are(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("home")
        text = "\n".join(_lines(app))
        assert "connected (by pid 4242)" in text
        assert "peer_uid" in text

    drive(app, script)


def test_the_other_side_of_a_call_is_named() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        while app.tick():
            pass
        pairs = app.model.analysis.pairs
        enter = next(row for row in range(400, 500) if (pairs.partner(row) or 0) > row)
        leave = pairs.partner(enter)
        took = pairs.duration_ns(enter)
        assert leave is not None
        assert took is not None
        app.stream.jump(enter)
        await pilot.pause()
        assert f"exit: row {leave}, {span_text(took)}" in _lines(app)[0]
        app.stream.jump(leave)
        await pilot.pause()
        assert f"enter: row {enter}, {span_text(-took)}" in _lines(app)[0]

    drive(app, script, (160, 50))


def test_a_call_that_runs_says_so_until_its_exit_comes(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("up", "down")
        while app.tick():
            pass
        app.show_news()
        assert "still running" in _lines(app)[0]
        recorder.add(1, result=3)
        while app.tick():
            pass
        app.show_news()
        assert "exit: row 2, +1 ms" in _lines(app)[0]
        assert "exit.result" not in "\n".join(_lines(app))
        await pilot.press("c")
        app.show_news()
        await pilot.pause()
        text = "\n".join(_lines(app))
        assert "rows 1 and 2   took 1 ms" in text
        assert "exit.result" in text
        paths = [side.view.path for side in app.detail._views]
        first = ["up"] * len(paths)
        await pilot.press("enter", *first, *["down"] * paths.index("exit.result"), "+")
        await pilot.pause()
        assert [chip.expression for chip in app.model.chips] == ["evt.res = 3"]

    drive(app, script, (160, 50))


def test_no_number_in_a_narrow_heading_is_cut_unseen() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        app.stream.jump(402)
        await pilot.pause()
        parts = [text for text, _ in app.detail._heading]
        whole = {"".join(parts[: count + 1]).strip() for count in range(len(parts))}
        assert any("exit: row 403, +15.9 µs" in words for words in whole)
        for width in range(30, 100):
            await pilot.resize_terminal(width, 40)
            await pilot.pause()
            heading = app.detail.render_line(0).text.strip()
            assert heading.endswith("…") or heading in whole

    drive(app, script, (160, 50))


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_heading_has_whole_words_alone(tmp_path: Path, width: int) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        heading = _lines(app)[0]
        assert heading.startswith(" syscall/openat/enter   row 1 ")
        assert set(heading.split()[1:]) <= set(
            f"row 1 {app.model.trace.row(1).length} bytes connection 1 c0ffee"
            " still running received 2026-11-23 17:36:47.001000000".split()
        )
        assert ("received" in heading) == (width > 120)

    drive(app, script, size=(width, 40))


def test_a_whole_call_shows_both_sides_and_what_differs(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(path="/etc/passwd")
    recorder.add(path="/etc/shadow", result=3)
    recorder.add(path="/same")
    recorder.add(path="/same", errno=2)
    recorder.add(path="/running")
    recorder.writer.close()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        def lines() -> list[str]:
            return [app.detail.render_line(y).text.rstrip() for y in range(app.detail.size.height)]

        app.stream.jump(1)
        await pilot.press("c")
        await pilot.pause()
        app.tick()
        app.detail.news()
        head, *rest = lines()
        assert "syscall/openat   ⚠ enter and exit differ: pathname   rows 1 and 2" in head
        assert "took 1 ms" in head
        text = "\n".join(rest)
        assert '⚠→pathname                   "/etc/passwd"' in text
        assert '⚠←pathname                   "/etc/shadow"' in text
        assert text.count(" sysno ") == 1
        assert "exit.result" in text
        assert text.count("←time_ns") == text.count("→time_ns") == 1
        app.stream.jump(3)
        app.detail.news()
        assert "⚠" not in "\n".join(lines())
        assert "ENOENT" in "\n".join(lines())
        app.stream.jump(5)
        app.detail.news()
        assert "syscall/openat/enter   row 5" in lines()[0]
        # The bytes of both messages.
        app.stream.jump(1)
        await pilot.press("H")
        shown = [app.detail.render_line(y).text for y in range(1, 40)]
        assert sum("bytes, header included" in line for line in shown) == 2

    drive(app, script, (200, 60))
