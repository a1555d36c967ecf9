from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gvtui.cli import cli, run
from gvtui.commands import completing
from gvtui.commands.completion import LINE, SCRIPTS, SHELL, WORD, completions, script, split
from tests.agent.fake import FakeRunsc
from tests.commands.shells import SETUP, Shell
from tests.monitor.sandbox import wait_until

REPO = Path(__file__).parents[2]

HEAVY = ("textual", "rich", "trio", "numpy", "msgpack", "lark")


def offered(line: str, shell: str = "zsh", replaced: str = "") -> list[str]:
    environ = {SHELL: shell, LINE: line, WORD: replaced}
    return [value for _, value, _ in completions(cli, environ)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("today.gvtrace", "today.txt", "a b.trace", "it's.json", "other.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "inner").mkdir()
    return tmp_path


@pytest.mark.parametrize("name", SETUP)
def test_in_the_shell_itself(name: str, folder: Path) -> None:
    with Shell(name, folder) as shell:
        lines = {
            "gvtui repl": "gvtui replay ",
            "gvtui session de": "gvtui session delete ",
            "gvtui print --form": "gvtui print --format ",
            "gvtui session new --preset fi": "gvtui session new --preset files ",
            # A filter goes on: the quote stays open.
            "gvtui print --filter 'evt.ty": "gvtui print --filter 'evt.type ",
            'gvtui print --filter "evt.ty': 'gvtui print --filter "evt.type ',
            "gvtui print --filter 'evt.failed = t": "gvtui print --filter 'evt.failed = true ",
            "gvtui print --filter=evt.ty": "gvtui print --filter=evt.type\\ ",
            "gvtui replay inn": "gvtui replay inner/",
            "gvtui replay a": "gvtui replay a\\ b.trace ",
            "gvtui session check it": "gvtui session check it\\'s.json ",
            "gvtui session check oth": "gvtui session check other.yaml ",
            "gvtui session list --root inn": "gvtui session list --root inner/",
        }
        assert {line: shell.complete(line) for line in lines} == lines


HOSTILE = {
    "command": "aa$(touch pwned)`touch pwned`",
    "separators": "bb;touch pwned&touch pwned|touch pwned",
    "quotes": "cc'd\"e'; touch pwned; '",
    "history": "dd!!!touch !-1",
    "glob": "ee*?[a-z]{x,y}~/#:\\",
    "option": "-fn --x=$HOME",
}
"""Names of containers that are more than names where a shell reads them, by what they try."""

PROGRAM = """#!{python}
import json, os, sys
from types import SimpleNamespace
from gvtui.commands import runtime
from gvtui.cli import run
names = {names!r}
found = [SimpleNamespace(id=f"id{{at}}", status="running", names=SimpleNamespace(label=name), label=name)
         for at, name in enumerate(names)]
agent = SimpleNamespace(inventory=lambda: SimpleNamespace(containers=found))
runtime.open_agent = lambda *_, **__: agent
if "{shell}" in os.environ or sys.argv[1] == "completion":
    sys.exit(run(sys.argv[1:]))
with open({told!r} + ".new", "w") as file:
    json.dump(sys.argv[1:], file)
os.rename({told!r} + ".new", {told!r})
"""


@pytest.mark.parametrize("quote", ["", '"', "'"], ids=["bare", "double", "single"])
@pytest.mark.parametrize("name", SETUP)
def test_whatever_a_container_is_called_is_one_word(name: str, quote: str, tmp_path: Path) -> None:
    told, program = tmp_path / "told", tmp_path / "bin" / "gvtui"
    program.parent.mkdir()
    program.write_text(
        PROGRAM.format(
            python=sys.executable, names=list(HOSTILE.values()), shell=SHELL, told=str(told)
        )
    )
    program.chmod(0o700)
    path = {"fish": f"set -x PATH {program.parent} $PATH"}.get(
        name, f"export PATH={program.parent}:$PATH"
    )
    load = {"fish": "gvtui completion fish | source"}.get(name, SETUP[name][1])
    with Shell(name, tmp_path, load=f"{path}; {load}") as shell:
        for hostile in HOSTILE.values():
            told.unlink(missing_ok=True)
            before = "-- " if hostile.startswith("-") else ""
            start = f"gvtui session delete {before}{quote}{hostile[:2]}"
            if quote == '"' and name == "bash" and "!" in hostile:
                # bash would replace it by a command of before; nothing there keeps it from that.
                assert shell.complete(start) == start
                continue
            shell.type(f"{start}\t\n")
            assert wait_until(told.exists), shell.screen
            words = json.loads(told.read_text())
            assert words == ["session", "delete", *before.split(), hostile]
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_recordings_come_before_other_files(name: str, folder: Path) -> None:
    with Shell(name, folder) as shell:
        assert shell.complete("gvtui replay tod") == "gvtui replay today.gvtrace "
        assert shell.complete("gvtui replay ~/tod") == "gvtui replay ~/today.gvtrace "
        fields = "gvtui session new --context time"
        assert shell.complete(f"{fields},thread_i") == f"{fields},thread_id"


def test_commands_and_options() -> None:
    assert offered("gvtui se") == ["send", "seal", "session"]
    assert offered("gvtui session ") == ["apply", "check", "delete", "list", "new"]
    assert offered("gvtui session apply --rep") == ["--replace"]
    assert offered("gvtui --rec") == ["--record"]


def test_a_filter_that_has_one_way_only_comes_with_what_may_follow() -> None:
    assert offered("gvtui print --filter 'evt.failed") == [
        f"evt.failed {operator}" for operator in ("=", "==", "!=", "in", "intersects", "exists")
    ]
    assert offered("gvtui print --filter 'evt.type = open and evt.failed = tr") == [
        "evt.type = open and evt.failed = true and",
        "evt.type = open and evt.failed = true or",
    ]
    assert offered("gvtui print --filter 'evt.type = = ") == []


def test_values_are_quoted_as_the_place_in_bash_needs_it() -> None:
    fields = offered("gvtui print --filter=evt.fa", "bash", "evt.fa")
    assert fields[0] == r"evt.failed\ ="
    fields = offered("gvtui print --filter='evt.fa", "bash", "evt.fa")
    assert fields[0] == "evt.failed ="
    assert "evt.failed !=" in offered('gvtui print --filter "evt.fa', "bash", "evt.fa")
    # Bash takes words apart at colons too.
    found = offered(
        "gvtui print --filter 'conn.num = 1 or evt.fa", "bash", "conn.num = 1 or evt.fa"
    )
    assert found[0] == "conn.num = 1 or evt.failed ="


def test_containers_are_those_of_the_root_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("CALL_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(completing, limit, 120.0)
    fake = FakeRunsc(tmp_path)
    line = f"gvtui session delete --root {fake.root} --runsc {fake.path} "
    (name,) = offered(line)
    assert offered(line + name[:2]) == [name]
    assert offered(line + "nothing-begins-so") == []
    (fake.root / "broken").touch()
    assert offered(line) == []


def test_a_failure_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setenv(SHELL, "bash")
    monkeypatch.setenv(LINE, "gvtui print --filter 'evt")
    monkeypatch.setattr("gvtui.query.filter.complete.complete", fail)
    assert run([]) == 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("line", "heavy"),
    [
        ("gvtui se", HEAVY),
        ("gvtui session new --preset ", HEAVY),
        ("gvtui print --fo", HEAVY),
        # Fields are known by what they compare; nothing is compared, or put into words, here.
        ("gvtui print --filter 'evt.ty", ("textual", "trio", "re2", "gvtui.decode.fields")),
    ],
)
def test_an_answer_loads_nothing_heavy(line: str, heavy: tuple[str, ...]) -> None:
    code = (
        "import sys; from gvtui.cli import run; assert run([]) == 0; "
        f"found = [name for name in {heavy!r} if name in sys.modules]; "
        "sys.exit(f'imported: {found}' if found else 0)"
    )
    environ = {**os.environ, SHELL: "bash", LINE: line, WORD: ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_scripts_are_printed_and_installed(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["completion", shell]) == 0
    assert capsys.readouterr().out == script(shell)
    wheel = tomllib.loads((REPO / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    places = wheel["targets"]["wheel"]["shared-data"]
    sources = [source for source in places if (REPO / source).name == SCRIPTS[shell]]
    assert [(REPO / source).read_text() for source in sources] == [script(shell)]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)))
@example(["print", "--filter", 'proc.name = "it\'s"'])
def test_words_quoted_by_a_shell_are_read_back(words: list[str]) -> None:
    found = split(f"gvtui {shlex.join(words)} ")
    assert [word.value for word in found] == ["gvtui", *words, ""]
    assert not any(word.quote for word in found)


@given(st.text())
@example("gvtui print \\")
@example("gvtui print '")
def test_any_line_has_a_word_at_its_end(line: str) -> None:
    words = split(line)
    assert line.endswith(words[-1].raw)
    assert len(words[-1].value) <= len(words[-1].raw)
