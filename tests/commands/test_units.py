from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.commands.units import UNITS


def printed(capsys: pytest.CaptureFixture[str], unit: str, *words: str) -> str:
    assert run(["monitor", "--print-unit", unit, *words]) == 0
    return capsys.readouterr().out


def test_options_go_along(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--keep", "20GiB", "--limit", "connections=9", "--no-realtime", "--socket-mode", "660"]
    text = printed(capsys, "systemd", *words, "--trace", "/data/a b")
    (line,) = [each for each in text.splitlines() if each.startswith("ExecStart=")]
    command = shlex.split(line.removeprefix("ExecStart="))
    assert command[command.index("monitor") :] == [
        *("monitor", "--listen", "/run/gvtui/events.sock", "--trace", "/data/a b"),
        *("--socket-mode", "660", "--no-realtime", "--limit", "connections=9"),
        *("--keep", str(20 << 30)),
    ]


@pytest.mark.parametrize("unit", ["systemd", "docker", "kubernetes"])
@pytest.mark.parametrize(
    ("words", "also"),
    [
        ([], set()),
        (["--socket-group", "0"], {"CHOWN", "SETGID"}),
        (["--user", "0"], {"CHOWN", "SETUID", "SETGID", "KILL", "DAC_OVERRIDE"}),
    ],
)
def test_it_has_the_rights_that_it_needs(
    capsys: pytest.CaptureFixture[str], unit: str, words: list[str], also: set[str]
) -> None:
    lines = printed(capsys, unit, *words).splitlines()
    (line,) = [each for each in lines if re.search(r"BoundingSet=|cap-add=|add: \[", each)]
    found = set(re.findall(r"[A-Z]+_?[A-Z]+_?[A-Z]+", line.replace("CAP_", "")))
    assert found == {"SYS_PTRACE", "DAC_READ_SEARCH", "NET_ADMIN", "SYS_NICE"} | also


def test_the_store_has_room_for_all_connections(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "systemd", "--limit", "connections=9")
    assert "FileDescriptorStoreMax=10\n" in text


@pytest.mark.parametrize("unit", UNITS)
def test_the_places_are_in_each(capsys: pytest.CaptureFixture[str], unit: str) -> None:
    text = printed(capsys, unit, "--listen", "/run/x/y.sock", "--trace", "/data/t")
    assert "/run/x/y.sock" in text
    assert ("/data/t" in text) is (unit != "systemd-socket")


ODD = ("--listen", "/run/a 'b' $(c)/s", "--trace", "/data/a b")


@pytest.mark.parametrize("unit", ["docker", "kubernetes"])
def test_the_line_that_looks_at_it_is_one_for_a_shell(
    capsys: pytest.CaptureFixture[str], unit: str
) -> None:
    lines = printed(capsys, unit, *ODD).splitlines()
    (line,) = [each for each in lines if each.startswith("# Look at ")]
    assert shlex.split(line)[-2:] == ["attach", ODD[1]]


def test_kubernetes_puts_no_variable_into_a_path(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "kubernetes", *ODD)
    assert """            - "/run/a 'b' $$(c)/s"\n""" in text
    assert """mountPath: "/run/a 'b' $(c)"\n""" in text


def test_the_folder_of_a_recording_is_given_to_a_container(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("--trace", "/data/night.gvtrace")
    assert "--volume=/data:/data " in printed(capsys, "docker", *words)
    text = printed(capsys, "kubernetes", *words)
    assert re.findall(r'(?:mountPath|path): "(/data.*)"', text) == ["/data", "/data"]


def test_systemd_finds_nothing_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    files = {"gvtui.service": "systemd", "gvtui.socket": "systemd-socket"}
    for name, unit in files.items():
        (tmp_path / name).write_text(printed(capsys, unit))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in files)],
        capture_output=True,
        text=True,
        env={"SYSTEMD_LOG_LEVEL": "notice", "PATH": "/usr/bin:/bin"},
    )
    said = [line for line in done.stderr.splitlines() if "gvtui." in line]
    assert (done.returncode, said) == (0, [])
