from __future__ import annotations

import errno
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from gvtui import __version__
from gvtui.cli import COMMANDS, cli, run
from gvtui.errors import GvtuiError
from gvtui.faults import reports_folder
from tests.trace.factory import TRACES

ECHO = str(TRACES / "upstream-echo.trace")

HEAVY = ("textual", "rich", "trio", "google.protobuf", "numpy", "msgpack", "lark", "platformdirs")


def gvtui(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gvtui", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def every_command() -> list[list[str]]:
    found: list[list[str]] = []
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        found.append([name])
        if isinstance(command, click.Group):
            found += [[name, inner] for inner in command.commands]
    return found


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["print", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from gvtui.cli import run; "
        f"assert run({arguments!r}) == 0; "
        f"found = [name for name in {HEAVY!r} if name in sys.modules]; "
        "sys.exit(f'imported: {found}' if found else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"gvtui {__version__}\n"


@pytest.mark.parametrize("arguments", [[], *every_command()], ids=" ".join)
def test_every_help_has_examples_and_fits_a_terminal(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run([*arguments, "--help"]) == 0
    text = capsys.readouterr().out
    assert "Examples:\n    gvtui" in text
    before, _, after = text.partition("Examples:")
    assert max(map(len, before.splitlines())) <= 80
    assert max(map(len, after.splitlines())) <= 92


def test_the_table_says_what_the_commands_say(capsys: pytest.CaptureFixture[str]) -> None:
    for name, entry in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert command.name == name
        assert command.help is not None
        assert command.help.strip().splitlines()[0] == entry.help


def test_a_name_that_is_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reply"]) == 2
    assert "Did you mean replay?" in capsys.readouterr().err
    assert run([ECHO]) == 2
    assert f"gvtui replay {ECHO}" in capsys.readouterr().err


def test_options_of_the_viewer_before_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--filter", "evt.failed = true", "print", ECHO]) == 2
    assert "--filter before a command has no effect" in capsys.readouterr().err


def test_an_error_is_one_line_without_traceback() -> None:
    done = gvtui("print", "missing.trace")
    assert done.returncode == 1
    assert done.stderr == "gvtui: cannot read missing.trace: No such file or directory\n"
    assert done.stdout == ""


def test_a_wrong_filter_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["print", ECHO, "--filter", "evt.tipe = open"]) == 2
    assert capsys.readouterr().err.startswith("gvtui: in the filter, column 1: ")


def test_the_viewer_needs_a_terminal() -> None:
    done = gvtui()
    assert done.returncode == 1
    assert done.stderr == (
        "gvtui: the viewer needs a terminal; without one, use: gvtui print --listen PATH\n"
    )


def test_a_closed_pipe_ends_quietly() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gvtui", "print", str(TRACES / "shell-2024.trace")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == b"Connection accepted\n"
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(120) == 0
    process.stderr.close()


def test_an_interrupt_ends_without_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "invoke", interrupt)
    assert run(["doctor"]) == 130


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_the_exit_code_tells_the_signal(number: signal.Signals, code: int) -> None:
    program = (
        "import os, signal, gvtui.cli as c; "
        f"c.cli.invoke = lambda *_: os.kill(os.getpid(), {int(number)}) or signal.pause(); "
        "c.main(['doctor'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code
    assert done.stderr.strip() == ""


def test_a_disk_that_is_full_is_no_fault() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gvtui", "print", ECHO],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "gvtui: cannot write the output: No space left on device\n"


def test_a_fault_in_a_thread_is_told_at_the_end() -> None:
    program = (
        "import threading, gvtui.cli as c\n"
        "def work(*_):\n"
        "    thread = threading.Thread(target=lambda: 1 // 0)\n"
        "    thread.start()\n"
        "    thread.join()\n"
        "c.cli.invoke = work\n"
        "c.main(['doctor'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_error_has_its_own_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    class OddError(GvtuiError):
        exit_code = 7

    def fail(*_: object, **__: object) -> None:
        raise OddError("no luck")

    monkeypatch.setattr(cli, "main", fail)
    assert run([]) == 7


def test_the_installed_program_and_the_module_are_the_same() -> None:
    program = Path(sys.executable).with_name("gvtui")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == gvtui("--version").stdout


def test_a_fault_of_gvtui_itself_is_told_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr("gvtui.cli.cli.main", fail)
    assert run(["print"]) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError: nobody foresaw this" in said
    assert len(said.splitlines()) == 1
    (report,) = reports_folder().iterdir()
    assert "Traceback" in report.read_text()


def test_a_lost_terminal_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(cli, "main", lost)
    monkeypatch.setattr("os.isatty", lambda _: False)
    monkeypatch.setattr("gvtui.cli._tell_fault", lambda _: pytest.fail("told as a fault"))
    assert run([]) == 1
