from __future__ import annotations

import json
from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.trace.scanning import Messages, scan_log
from gvtui.trace.summary import Reception
from tests.trace.factory import TRACES, read_message, to_format_1, write_trace
from tests.trace.test_survey import recorded


def test_a_sound_file_ends_with_code_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded(tmp_path / "a.gvtrace", Reception(70))
    assert run(["info", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{path}: gvtui recording, format 2, with checksums"
    assert "received    70" in lines


def test_several_files_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = to_format_1(write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])]))
    seed = TRACES / "seed-example.trace"
    assert run(["info", "--json", str(path), str(seed)]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["formats"], first["checksums"]) == ([1], False)
    assert second["kind"] == "save file"
    assert run(["info", str(path), str(seed)]) == 0
    out = capsys.readouterr().out
    assert "format 1, no checksums" in out
    assert f"\n\n{seed}: gVisor save file, no checksums\n" in out


@pytest.mark.parametrize("received", [69, 71])
def test_a_difference_ends_with_code_1(
    tmp_path: Path, received: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["info", str(recorded(tmp_path / "a.gvtrace", Reception(received)))]) == 1
    assert "ALARM       1 message " in capsys.readouterr().out


def test_a_file_that_cannot_be_read_hinders_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded(tmp_path / "a.gvtrace", None)
    assert run(["info", str(tmp_path / "none"), str(path)]) == 1
    out, err = capsys.readouterr()
    assert "cannot read" in err
    assert "logged      70" in out
    assert run(["info"]) == 2


@pytest.mark.parametrize("command", ["info", "print", "convert", "stats"])
def test_each_flipped_byte_ends_each_command_with_a_sentence_and_code_1(
    tmp_path: Path, command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=fd) for fd in range(3)])])
    whole = path.read_bytes()
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x20]) + whole[place + 1 :])
        out = tmp_path / f"{place}.jsonl"
        arguments = {
            "info": ["info", str(path)],
            "print": ["print", str(path)],
            "convert": ["convert", str(path), str(out)],
            "stats": ["print", "--stats", str(path)],
        }[command]
        assert run(arguments) == 1, place
        told = "".join(capfd.readouterr())
        assert "damaged at offset" in told or "could not be read" in told, place
        assert "fault" not in told


def test_the_oldest_format_is_said_to_have_no_checksums(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = to_format_1(write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])]))
    assert run(["print", str(path)]) == 0
    assert f"{path} has no checksums, being of format 1" in capfd.readouterr().err


def test_a_recording_cut_anywhere_is_read_as_far_as_it_goes(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    sent = [(1, [read_message(fd=fd)]) for fd in range(6)]
    path = write_trace(tmp_path / "a.gvtrace", sent)
    whole = path.read_bytes()
    ends = [item.batch.end for item in scan_log(whole) if isinstance(item, Messages)]
    for cut in range(0, len(whole), 7):
        path.write_bytes(whole[:cut])
        code = run(["info", "--json", str(path)])
        out, err = capfd.readouterr()
        if not out:
            assert "neither a gvtui recording" in err
            assert code == 1
            continue
        found = json.loads(out)
        assert found["accounting"]["logged"] == sum(end <= cut for end in ends)
        assert found["closed_segments"] == 0
        assert code == (1 if found["damage"]["unreadable_bytes"] else 0)


def test_a_link_that_is_named_is_followed_whatever_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded(tmp_path / "a.gvtrace", Reception(70))
    for name in ("b.gvtrace", "20261128.gvtrace"):
        (tmp_path / name).symlink_to(path)
        assert run(["info", str(tmp_path / name)]) == 0
        assert "received    70" in capsys.readouterr().out.splitlines()
