from __future__ import annotations

import signal
import subprocess
import sys

import gvtui


def python(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, timeout=120, check=False
    )


def test_python_runs_the_package_as_the_program() -> None:
    done = python("-m", "gvtui", "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"gvtui {gvtui.__version__}\n"


def test_the_exit_code_is_that_of_the_command() -> None:
    done = python("-m", "gvtui", "no-such-command")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no-such-command" in done.stderr


def test_loading_it_runs_nothing() -> None:
    done = python("-c", "import gvtui.__main__, sys; print(sys.argv)", "--version")
    assert (done.returncode, done.stdout) == (0, "['-c', '--version']\n")


def test_modules_are_loaded_without_a_search_for_garbage_at_every_turn() -> None:
    program = (
        "import gc, sys\n"
        "from gvtui.__main__ import GARBAGE, start\n"
        "sys.argv = ['gvtui', '--version']\n"
        "try: start()\n"
        "finally: print(gc.get_threshold()[0] == GARBAGE, gc.isenabled())\n"
    )
    done = python("-c", program)
    assert done.stdout == f"gvtui {gvtui.__version__}\nTrue True\n"


def test_ctrl_c_while_modules_are_loaded_ends_without_a_traceback() -> None:
    program = (
        "import builtins, os, signal, sys\n"
        "from gvtui.__main__ import start\n"
        "load = builtins.__import__\n"
        "def interrupted(name, *rest, **more):\n"
        "    if name == 'gvtui.cli': os.kill(os.getpid(), signal.SIGINT)\n"
        "    return load(name, *rest, **more)\n"
        "builtins.__import__ = interrupted\n"
        "start()\n"
    )
    done = python("-c", program)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
