from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from tests.tui.helpers import drive, recording, until

if TYPE_CHECKING:
    from textual.pilot import Pilot


def test_nothing_is_done_before_and_after_the_screen() -> None:
    app = recording()
    done: list[str] = []
    app.while_up(done.append, "before")
    assert not app.is_up

    async def script(pilot: Pilot[int]) -> None:
        app.while_up(done.append, "while")
        app.after(0.01, lambda: done.append("after"))
        await until(pilot, lambda: "after" in done)

    drive(app, script)
    app.while_up(done.append, "behind")
    assert done == ["while", "after"]


def test_a_thread_hands_what_it_found_to_the_screens_thread() -> None:
    app = recording()
    found: list[tuple[str, bool]] = []

    async def script(pilot: Pilot[int]) -> None:
        here = threading.get_ident()

        def work() -> int:
            return threading.get_ident()

        def take(there: int) -> None:
            found.append(("other" if there != here else "same", threading.get_ident() == here))

        app.in_thread(work, take)
        await until(pilot, lambda: bool(found))
        assert found == [("other", True)]

    drive(app, script)


def test_an_error_of_a_thread_is_told_or_taken() -> None:
    app = recording()
    taken: list[Exception] = []

    async def script(pilot: Pilot[int]) -> None:
        def refuse() -> None:
            raise GvtuiError("it cannot be done")

        app.in_thread(refuse, lambda _: None, taken.append)
        await until(pilot, lambda: bool(taken))
        assert str(taken[0]) == "it cannot be done"
        app.in_thread(refuse, lambda _: None)
        await until(
            pilot,
            lambda: any("it cannot be done." in note.message for note in app._notifications),
        )

    drive(app, script)


def test_what_a_thread_finds_when_the_screen_has_gone_is_dropped() -> None:
    app = recording()
    go = threading.Event()
    found: list[int] = []

    async def script(pilot: Pilot[int]) -> None:
        app.in_thread(lambda: int(go.wait(120)), found.append)
        app.exit()
        go.set()

    drive(app, script)
    assert not found
