from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.config import config_path
from gvtui.tui.filter.saving import SavedError, SavedFilters, Saving, problem_of
from tests.tui.fake import FakeViewer
from tests.tui.helpers import drive, recording, screen_text

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot


def test_filters_are_kept_under_names(tmp_path: Path) -> None:
    saved = SavedFilters(tmp_path / "gvtui" / "config.toml")
    assert saved.all() == {}
    saved.remove("nothing")
    saved.save(" slow ", "evt.latency > 10ms")
    saved.save('odd " name = #', 'proc.name = "a\\x1b"')
    saved.save("slow", "evt.latency > 1s")
    assert SavedFilters(saved.path).all() == {
        "slow": "evt.latency > 1s",
        'odd " name = #': 'proc.name = "a\\x1b"',
    }
    saved.remove("slow")
    assert list(saved.all()) == ['odd " name = #']


def test_what_else_is_in_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        '# mine\ntheme = "x"  # why\n\n[filters]\n# errors\nfailed = "evt.failed = true"\n'
    )
    saved = SavedFilters(path)
    saved.save("root", "user.uid = 0")
    text = path.read_text()
    assert text.startswith('# mine\ntheme = "x"  # why\n\n[filters]\n# errors\n')
    assert saved.all() == {"failed": "evt.failed = true", "root": "user.uid = 0"}


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("")
    link = tmp_path / "config.toml"
    link.symlink_to("real.toml")
    SavedFilters(link).save("a", "evt.num = 1")
    assert link.is_symlink()
    assert "evt.num" in (tmp_path / "real.toml").read_text()


@pytest.mark.parametrize("content", [b"[filters", b"filters = 3", b"\xff"])
def test_a_file_that_is_none_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    saved = SavedFilters(path)
    assert saved.all() == {}
    assert str(path) in saved.problems[0]
    with pytest.raises(SavedError):
        saved.save("a", "evt.num = 1")
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 61])
def test_some_names_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(SavedError):
        SavedFilters(tmp_path / "config.toml").save(name, "evt.num = 1")


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SavedError):
        SavedFilters(tmp_path / "file" / "config.toml").save("a", "evt.num = 1")


def test_values_that_are_no_texts_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[filters]\na = 1\nb = "evt.num = 1"\n')
    saved = SavedFilters(path)
    assert saved.all() == {"b": "evt.num = 1"}
    assert [problem.partition(", ")[2] for problem in saved.problems] == [
        "line 2: filters, 'a': a number where a text in quotes was expected"
    ]


def test_filters_of_the_profile_in_force_go_before_others(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    profile = '[profile.on-call.filters]\na = "evt.num = 2"\nb = "evt.num = 3"\n'
    path.write_text(f'[filters]\na = "evt.num = 1"\n\n{profile}')
    assert SavedFilters(path).all() == {"a": "evt.num = 1"}
    saved = SavedFilters(path, "on-call")
    assert saved.all() == {"a": "evt.num = 2", "b": "evt.num = 3"}
    path.write_text('[filters]\na = "evt.num = 1"\n')
    assert saved.all() == {"a": "evt.num = 1"}


def test_why_a_filter_cannot_be_used_is_said() -> None:
    assert problem_of("evt.failed = true") == ""
    assert "column 1" in problem_of("nonsense = 1")


def test_filters_are_saved_under_a_name_and_picked_again() -> None:
    first, second = FakeViewer(Saving), FakeViewer(Saving)
    first.commands.execute("filter.save")
    assert first.question is None
    assert "No filters to save: none is in force" in first.said
    first.model.chips.put("proc.pid = 1")
    first.model.chips.put("evt.failed = true or evt.latency > 1ms")
    first.commands.execute("filter.save")
    assert first.type("mine") is None
    assert "v picks it" in first.said

    second.commands.execute("filter.pick")
    second.pick("mine")
    assert [chip.expression for chip in second.model.chips] == [
        "proc.pid = 1 and (evt.failed = true or evt.latency > 1ms)"
    ]
    second.commands.execute("filter.pick")
    assert second.choice is not None
    assert second.choice.removed is not None
    second.choice.removed("mine")
    assert SavedFilters(config_path()).all() == {}
    second.choice = None
    second.commands.execute("filter.pick")
    assert second.choice is None
    assert "w saves those in force" in second.said


def test_a_list_of_saved_filters_opens_and_closes_by_its_key() -> None:
    viewer = FakeViewer(Saving)
    viewer.model.chips.put("evt.num = 1")
    viewer.commands.execute("filter.save")
    viewer.type("mine")
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("v")
        await pilot.pause()
        assert "mine" in screen_text(app)
        await pilot.press("v")
        await pilot.pause()
        assert len(app.screen_stack) == 1

    drive(app, script)


def test_a_saved_filter_that_is_none_says_why_and_cannot_be_picked(own_home: Path) -> None:
    app = recording()
    config_path().parent.mkdir(parents=True)
    config_path().write_text('[filters]\nbad = "nonsense = 1"\n"\\u001b[31m" = "evt.num = 1"\n')

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("v")
        await pilot.pause()
        shown = screen_text(app)
        assert "✗ column 1: there is no field 'nonsense'" in shown
        assert "\\x1b[31m" in shown
        await pilot.press("enter")
        await pilot.pause()
        assert [chip.expression for chip in app.model.chips] == ["evt.num = 1"]

    drive(app, script)


def test_a_configuration_that_cannot_be_read_is_said(own_home: Path) -> None:
    app = recording(filter_text="evt.num = 1")
    config_path().parent.mkdir(parents=True)
    config_path().write_text("[filters")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("v")
        assert len(app.screen_stack) == 1
        await pilot.press("w", *"x", "enter")
        assert app.prompt.is_open
        assert "is no TOML" in screen_text(app)

    drive(app, script)
