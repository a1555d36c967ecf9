"""Programs that tests need on this machine, and those that they build of C."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest


def absent(reason: str) -> NoReturn:
    """Skip the test, or fail it if `GVTUI_REQUIRE_RUNSC` is 1."""
    if os.environ.get("GVTUI_REQUIRE_RUNSC") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def need_tools(*names: str) -> None:
    """Do as `absent` where one of these programs is missing."""
    for name in names:
        if shutil.which(name) is None:
            absent(f"no {name} on this machine")


def compiled(source: str, program: Path, *flags: str) -> Path:
    """Build a program of a C file of this folder, which needs no library where it runs."""
    need_tools("gcc")
    place = Path(__file__).with_name(source)
    subprocess.run(["gcc", "-static", "-w", *flags, "-o", program, place], check=True)
    return program
