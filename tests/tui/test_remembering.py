"""What the screen looks like from run to run: remembered, configured, or neither."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtui.config import Config, config_path
from gvtui.remembered import Remembered
from gvtui.tui.app import GvtuiApp
from gvtui.tui.detail.commands import Details
from gvtui.tui.frame.commands import Screen
from gvtui.tui.frame.sizes import Sizes
from gvtui.tui.stream.columns import TimeMode, field_column, place
from gvtui.tui.stream.commands import Rows
from tests.tui.fake import FakeViewer, close_all
from tests.tui.helpers import drive, notes, recording

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from gvtui.tui.viewer import Part

KINDS = (Rows, Details, Screen, Sizes)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["time", "hidden", "added", "doubles", "bytes", "theme", "sizes"])


def configured(**settings_: Any) -> Config:
    return replace(Config(config_path()), **settings_)


def memory_of(app: GvtuiApp, *keys: str) -> Any:
    async def script(pilot: Pilot[int]) -> None:
        await pilot.press(*keys)
        app.quit()
        await pilot.pause()

    drive(app, script)
    return app.memory


def test_what_the_screen_looked_like_is_there_again() -> None:
    memory = memory_of(recording(), "t", "ctrl+t", "b", "H", "ctrl+up", "d")
    assert memory["stream"] == {
        "time": "since_first",
        "hidden": [],
        "added": [],
        "doubles": False,
    }
    assert memory["detail"] == {"bytes": True}
    assert memory["screen"]["theme"] == "gvtui-light"
    assert memory["screen"]["hidden"] == ["sidebar", "detail"]
    again = recording(remembered=Remembered(memory))

    async def look(pilot: Pilot[int]) -> None:
        assert again.theme == "gvtui-light"
        assert not again.main.query_one("#sidebar").display
        assert not again.detail.display
        assert again.feature(Rows).look.time_mode is TimeMode.SINCE_FIRST
        assert again.feature(Details).shows_bytes
        await pilot.press("d")
        await pilot.pause()
        assert again.detail.outer_size.height == memory["screen"]["sizes"]["detail"]

    drive(again, look)
    # The script has shown the details again; all else is as it was.
    assert {**again.memory, "screen": None} == {**memory, "screen": None}


def test_columns_are_remembered() -> None:
    viewer = FakeViewer(Rows)
    viewer.commands.execute("stream.columns")
    viewer.pick("tid")
    rows = viewer.feature(Rows)
    rows.add_column(field_column("evt.arg.pathname"))
    again = FakeViewer(Rows, memory={"stream": rows.remember()}).feature(Rows)
    assert again.look.hidden == {"tid"}
    assert [column.key for column in again.look.added] == ["evt.arg.pathname"]


def test_what_is_configured_goes_before() -> None:
    memory: dict[str, dict[str, Any]] = {
        "stream": {
            "hidden": ["pid"],
            "added": ["evt.arg.fd"],
            "time": "since_first",
            "doubles": True,
        },
        "screen": {"theme": "gvtui-light"},
    }
    config = configured(theme="dark", columns=("took", "time", "evt.arg.pathname", "process"))
    viewer = FakeViewer(*KINDS, memory=memory, config=config)
    look = viewer.feature(Rows).look
    assert viewer.theme_name == "gvtui-dark"
    assert look.time_mode is TimeMode.SINCE_FIRST
    assert viewer.model.shows_doubles
    placed = place(200, look.hidden, frozenset(), look.added, look.order)
    assert [each.column.key for each in placed] == [
        "sign", "call", "duration", "time", "evt.arg.pathname", "process",
    ]  # fmt: skip
    assert viewer.told == []
    # A profile is for once: the next run without it is as the one before.
    assert viewer.feature(Rows).remember() == memory["stream"]
    assert viewer.feature(Screen).remember()["theme"] == "gvtui-light"


def test_of_what_is_configured_wrong_the_rest_counts() -> None:
    config = configured(theme="drak", columns=("time", "tme", "evt.arg.a b"))
    viewer = FakeViewer(Rows, Screen, config=config)
    assert viewer.theme_name == "gvtui-dark"
    assert viewer.feature(Rows).look.order == ("time", "sign", "call")


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.sampled_from(["stream", "screen", "detail"]), st.dictionaries(NAMES, ANYTHING)
    )
)
def test_whatever_was_remembered_the_viewer_opens(memory: dict[str, dict[str, Any]]) -> None:
    viewer = FakeViewer(*KINDS, memory=memory)
    for feature in viewer.features.values():
        feature.remember()
    assert viewer.told == []
    close_all()


def test_what_is_wrong_with_the_memory_is_told() -> None:
    app = recording(remembered=Remembered({}, "/x/viewer.json is damaged"))

    async def look(pilot: Pilot[int]) -> None:
        assert await notes(pilot) == ["Nothing is remembered: /x/viewer.json is damaged."]

    drive(app, look)


@pytest.mark.parametrize(
    ("key", "part", "more"), [("ctrl+up", "detail", 2), ("ctrl+right", "sidebar", 4)]
)
def test_keys_change_sizes(key: str, part: Part, more: int) -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        before = app.parts.size(part)
        await pilot.press(key, key)
        await pilot.pause()
        assert app.parts.size(part) == before + more

    drive(app, script)
