from __future__ import annotations

import json
from pathlib import Path

import pytest

from gvtui.cli import run
from tests.query.compare.sides import opens, recorded
from tests.trace.factory import CONTAINER, TRACES

OLD, NEW = (str(TRACES / f"shell-{year}.trace") for year in ("2022", "2024"))


def test_differences_end_with_code_3(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", OLD, NEW]) == 3
    out, err = capfd.readouterr()
    assert "5 differences" in out
    assert err == ""


def test_nothing_that_differs_ends_with_code_0(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first, second = (recorded(tmp_path / f"{name}.gvtrace", opens("/a")) for name in "ab")
    assert run(["diff", str(first), str(second), "--format", "json"]) == 0
    assert json.loads(capfd.readouterr().out)["differences"] == []


def test_what_cannot_be_told_is_not_the_same(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = recorded(tmp_path / "a.gvtrace", opens("/a"), opens("/b"))
    second = recorded(tmp_path / "b.gvtrace", opens("/a", dropped=1))
    assert run(["diff", str(first), str(second)]) == 1
    assert "0 differences and 1 thing of which it cannot be told" in capfd.readouterr().out
    assert run(["diff", str(second), str(first), "--same-points"]) == 1


def test_windows_containers_and_filters(capfd: pytest.CaptureFixture[str]) -> None:
    cut = "2026-11-23T17:36:47.5Z"
    words = ["diff", f"{NEW}@..{cut}", f"@{cut}..", "--container", "runsc-749074"]
    assert run([*words, "--filter", "proc.name = bash", "--format", "json"]) in (0, 1, 3)
    made = json.loads(capfd.readouterr().out)
    assert made["per_second"] is True
    assert made["before"]["filter"] == (
        f"container.id in (runsc-749074) and evt.time < {cut} and proc.name = bash"
    )
    assert made["after"]["file"] == "shell-2024.trace"


def test_a_file_whose_name_looks_like_a_window_is_a_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = recorded(tmp_path / "a@1..2", opens("/a"))
    assert run(["diff", str(path), str(recorded(tmp_path / "b.gvtrace", opens("/a")))]) == 0
    assert "a@1..2" in capfd.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        [],
        [NEW],
        [NEW, NEW],
        [NEW, f"{NEW}@.."],
        ["@12:00..13:00", NEW],
        [NEW, "--container", "a"],
        [OLD, NEW, "--container", "a", "--container", "b", "--container", "c"],
        [OLD, NEW, "--filter", "proc.nam = x"],
        [OLD, f"{NEW}@noon..13:00"],
        [OLD, NEW, "--format", "pdf"],
    ],
)
def test_wrong_usage(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", *words]) == 2
    assert capfd.readouterr().out == ""


def test_unknown_containers_and_files_are_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = str(recorded(tmp_path / "a.gvtrace", opens("/a")))
    assert run(["diff", path, "--container", CONTAINER, "--container", "web"]) == 1
    assert f"has no container 'web'; it has: {CONTAINER}" in capfd.readouterr().err
    assert run(["diff", path, str(tmp_path / "none.gvtrace")]) == 1
    assert "none.gvtrace" in capfd.readouterr().err


def test_a_damaged_recording_ends_with_code_1(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = recorded(tmp_path / "a.gvtrace", opens("/a"), opens("/b"))
    second = recorded(tmp_path / "b.gvtrace", opens("/a"), opens("/b"))
    whole = bytearray(second.read_bytes())
    whole[whole.index(b"/b")] ^= 1
    second.write_bytes(whole)
    assert run(["diff", str(first), str(second)]) == 1
    assert capfd.readouterr().err.startswith("gvtui: ")
