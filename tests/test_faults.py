from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from gvtui import __version__
from gvtui.faults import KEPT_REPORTS, MAX_REPORT, FaultError, report, reports_folder, tell


def a_fault(text: str = "nobody foresaw this") -> ZeroDivisionError:
    secret = "a value of a local name"
    try:
        raise ZeroDivisionError(text)
    except ZeroDivisionError as error:
        assert secret
        return error


def test_a_fault_is_one_sentence_and_a_file_for_its_owner_alone() -> None:
    said = tell(a_fault())
    (path,) = reports_folder().iterdir()
    assert said == (
        "a fault of gvtui's own, ZeroDivisionError: nobody foresaw this; "
        f"please report it with {path}"
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    text = path.read_text()
    assert text.startswith(f"gvtui {__version__}, ")
    assert f"Python {sys.version.split()[0]}" in text
    assert "textual " in text
    assert "ZeroDivisionError: nobody foresaw this" in text
    assert "in a_fault" in text
    assert "a value of a local name" not in text.replace('secret = "a value of a local name"', "")


def test_what_became_of_the_work_is_told_with_its_cause() -> None:
    try:
        raise FaultError("the recording a.gvtrace is complete") from a_fault()
    except FaultError as error:
        said = tell(error)
    assert "ZeroDivisionError: nobody foresaw this; the recording a.gvtrace is complete;" in said


def test_of_a_group_the_first_is_told_and_all_are_reported() -> None:
    group = ExceptionGroup(
        "of a nursery", [ExceptionGroup("inner", [a_fault()]), ValueError("too")]
    )
    assert "own, ZeroDivisionError: nobody foresaw this;" in tell(group)
    (path,) = reports_folder().iterdir()
    assert "ValueError: too" in path.read_text()


def test_what_a_sandbox_has_sent_does_not_reach_the_terminal() -> None:
    fault = a_fault("\x1b]0;title\x07\nmore\u202e")
    said = tell(fault)
    assert said.isprintable()
    assert "\\x1b]0;title" in said
    (path,) = reports_folder().iterdir()
    assert all(line.isprintable() for line in path.read_text().splitlines())


def test_only_the_newest_reports_are_kept() -> None:
    folder = reports_folder()
    folder.mkdir(parents=True)
    for number in range(KEPT_REPORTS + 5):
        (folder / f"20200101-0000{number:02}.txt").touch()
    tell(a_fault())
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == KEPT_REPORTS
    assert names[0] == "20200101-000006.txt"
    assert not names[-1].startswith("2020")


def test_without_a_place_for_state_it_is_a_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said = tell(a_fault())
    (path,) = tmp_path.glob("gvtui-fault-*.txt")
    assert said.endswith(f"please report it with {path}")
    assert "Traceback" in path.read_text()

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    assert tell(a_fault()).endswith("no report could be written")


def test_a_report_has_an_end() -> None:
    assert len(report(a_fault("x" * MAX_REPORT * 2))) < MAX_REPORT + 4000


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "gvtui"),
        (["session", "apply", "--replace", "a.json", "4f5c"], "gvtui session apply --replace …"),
        (["--filter=proc.name = x", "--record", "a"], "gvtui --filter --record …"),
        (["print", "a.trace"], "gvtui print …"),
    ],
)
def test_values_on_the_command_line_are_left_out(
    arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["gvtui", *arguments])
    assert f"called as: {told}\n" in report(a_fault())
