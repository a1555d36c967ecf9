from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.tui.filter.saved import SavedError, SavedFilters, problem_of

if TYPE_CHECKING:
    from pathlib import Path


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
