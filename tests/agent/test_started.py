from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from gvtui.agent.started import note_flags, start_words

if TYPE_CHECKING:
    from pathlib import Path

FLAGS = ("--network=none", "--platform=systrap")


@pytest.fixture
def runsc(tmp_path: Path, own_home: Path) -> str:
    path = tmp_path / "runsc"
    path.touch()
    return str(path)


def test_the_flags_that_worked_are_advised(runsc: str) -> None:
    assert start_words("session.json") == "runsc --pod-init-config=session.json do COMMAND"
    note_flags(runsc, FLAGS)
    words = f"{runsc} --network=none --platform=systrap '--pod-init-config=a b.json' do COMMAND"
    assert start_words("a b.json") == words
    assert start_words("a b.json", runsc) == words
    assert start_words("s", "/opt/runsc") == "/opt/runsc --pod-init-config=s do COMMAND"


def test_another_file_in_its_place_has_no_known_flags(runsc: str) -> None:
    note_flags(runsc, FLAGS)
    os.utime(runsc, ns=(1, 1))
    assert start_words("s", runsc) == f"{runsc} --pod-init-config=s do COMMAND"
    assert start_words("s") == "runsc --pod-init-config=s do COMMAND"


def test_only_some_runsc_are_remembered(tmp_path: Path, own_home: Path) -> None:
    for number in range(20):
        path = tmp_path / f"runsc{number}"
        path.touch()
        note_flags(str(path), FLAGS)
    note_flags(str(tmp_path / "runsc9"), ("--debug",))
    (place,) = own_home.rglob("runsc-flags.json")
    assert len(json.loads(place.read_text())) == 16
    assert start_words("s").startswith(f"{tmp_path}/runsc9 --debug ")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"/bin/sh": 1}', '{"/bin/sh": {"changed": 1, "flags": 7}}']
)
def test_what_is_no_such_note_is_passed_over(runsc: str, own_home: Path, text: str) -> None:
    note_flags(runsc, FLAGS)
    (place,) = own_home.rglob("runsc-flags.json")
    place.write_text(text)
    assert start_words("s") == "runsc --pod-init-config=s do COMMAND"
