from __future__ import annotations

import json
from pathlib import Path

import pytest

from gvtui.commands.runtime import RuntimeLookupError
from gvtui.errors import GvtuiError
from gvtui.points.document import load_document, parse_document
from gvtui.points.presets import DEFAULT_PRESET, PRESETS
from gvtui.points.tuning import LOWEST_OVERHEAD, tuning_of
from tests.agent.fake import FakeRunsc
from tests.commands.session_runs import GOOD, run


def at(fake: FakeRunsc) -> list[str]:
    return ["--root", str(fake.root), "--runsc", fake.path]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_new_session_passes_its_own_check(preset: str, tmp_path: Path) -> None:
    result = run("new", "--preset", preset, "--endpoint", "/run/monitor.sock")
    assert result.exit_code == 0
    document = parse_document(result.stdout)
    assert document.session.endpoints == ("/run/monitor.sock",)
    path = tmp_path / "session.json"
    path.write_text(result.stdout)
    assert run("check", str(path)).exit_code == 0


def test_a_new_session_needs_no_choice() -> None:
    plain, named = run("new"), run("new", "--preset", DEFAULT_PRESET)
    assert plain.exit_code == 0
    assert plain.stdout == named.stdout


def test_a_new_session_of_points(fake: FakeRunsc) -> None:
    result = run(
        "new", "--runsc", fake.path, "--point", "syscall/open/*", "--point", "clone",
        "--optional", "fd_path", "--context", "time,cwd", "--tuning", "lowest-overhead",
    )  # fmt: skip
    made = parse_document(result.stdout).session
    assert [(point.name, point.optional_fields, point.context_fields) for point in made.points] == [
        ("sentry/clone", (), ("time", "cwd")),
        ("syscall/open/enter", ("fd_path",), ("time",)),
    ]
    assert tuning_of(made.sinks[0]) is LOWEST_OVERHEAD


def test_presets_are_joined_whatever_their_order() -> None:
    both = run("new", "--preset", "files", "--preset", "network")
    turned = run("new", "--preset", "network", "--preset", "files")
    assert both.stdout == turned.stdout
    names = parse_document(both.stdout).session.point_names
    for preset in ("files", "network"):
        assert parse_document(run("new", "--preset", preset).stdout).session.point_names <= names


def test_a_call_is_not_traced_twice_by_joined_presets() -> None:
    result = run("new", "--preset", "files", "--preset", "everything")
    names = parse_document(result.stdout).session.point_names
    assert "syscall/openat/enter" in names
    assert "syscall/sysno/257/enter" not in names
    assert "raw points are left out: the decoded points of the same calls are on" in result.stderr


def test_costly_choices_are_told() -> None:
    assert "raw points" in run("new", "--preset", "everything").stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--preset", "nope"],
        ["--preset", "files", "--context", "tim"],
        ["--preset", "files", "--optional", "fd_paht"],
        ["--point", "no/such/point"],
    ],
)
def test_what_cannot_be_made(words: list[str]) -> None:
    assert run("new", *words).exit_code == 2


def test_a_session_goes_into_a_pod_init_file(tmp_path: Path) -> None:
    path = tmp_path / "pod.json"
    result = run("new", "--preset", "processes", "--pod-init", "--out", str(path))
    assert result.exit_code == 0
    assert result.stdout == ""
    assert f"--pod-init-config={path}" in result.stderr
    document = load_document(path)
    assert document.is_wrapped
    assert document.session.sinks[0].ignore_setup_error
    path.write_text('{"mine": 1, "trace_session": {"name": "Default"}}')
    run("new", "--preset", "seed", "--out", str(path))
    assert json.loads(path.read_text())["mine"] == 1
    assert len(load_document(path).session.points) == 8


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_sessions_for_a_version_without_its_runsc(tmp_path: Path, architecture: str) -> None:
    newest = ["--gvisor", "release-20260905.0", "--arch", architecture]
    result = run("new", "--preset", "everything", "--pod-init", *newest)
    assert "no runsc answers here" not in result.stderr
    file = tmp_path / "everything.json"
    file.write_text(result.stdout)
    assert "is_exec_session" in result.stdout
    assert ("syscall/open/enter" in result.stdout) == (architecture == "x86_64")
    assert run("check", str(file), *newest).exit_code == 0
    result = run("check", str(file), "--gvisor", "20240729", "--arch", architecture)
    assert result.exit_code == 1
    assert "has no point 'sentry/mmap'" in result.stdout + result.stderr


def test_a_session_for_a_version_between_two_lists() -> None:
    between = ["--gvisor", "20250301"]
    result = run("new", "--preset", "everything", *between)
    assert "sentry/mmap" not in result.stdout
    result = run("new", "--point", "sentry/mmap", *between)
    assert '"sentry/mmap"' in result.stdout
    assert "it cannot be told whether" in result.stderr


def test_a_file_that_runsc_refuses_is_not_applied(fake: FakeRunsc, tmp_path: Path) -> None:
    path = tmp_path / "pod.json"
    path.write_text(f'{{"mine": 1, "trace_session": {GOOD}}}')
    result = run("apply", str(path), "c1", *at(fake))
    assert result.exit_code == 1
    assert isinstance(result.exception, GvtuiError)
    assert "mine: a pod init file has no key 'mine'" in str(result.exception)
    assert fake.calls() == []


def test_check_of_standard_input() -> None:
    assert run("check", "-", text=GOOD).exit_code == 0


def test_a_pod_init_file_that_keeps_containers_from_starting() -> None:
    result = run("check", "-", text=f'{{"trace_session": {GOOD}}}')
    assert result.exit_code == 0
    assert "no container can start" in result.stderr


def test_apply_and_list_and_delete(fake: FakeRunsc, good: str) -> None:
    result = run("apply", good, "c1", *at(fake))
    assert result.exit_code == 0
    assert result.stdout == "c1: the new session runs, with 1 point\n"
    result = run("list", *at(fake))
    assert result.exit_code == 0
    assert "c1  running   pid 1        Default (remote, 3 dropped)" in result.stdout
    result = run("list", "--json", *at(fake))
    [row] = json.loads(result.stdout)["sandboxes"]
    assert (row["runsc"], row["runsc_why"]) == (fake.path, "named with --runsc")
    assert f"\n  by {fake.path} (named with --runsc)\n" in run("list", "-v", *at(fake)).stdout
    assert row["sessions"] == [{"name": "Default", "sinks": [{"name": "remote", "dropped": 3}]}]
    result = run("delete", "c1", *at(fake))
    assert (result.exit_code, result.stdout) == (0, "c1: no session runs\n")
    assert fake.session() is None
    assert "no session" in run("list", *at(fake)).stdout


def test_a_session_there_is_replaced_only_on_demand(fake: FakeRunsc, good: str) -> None:
    run("apply", good, "c", *at(fake))
    result = run("apply", good, "c1", *at(fake))
    assert result.exit_code == 1
    assert "add --replace to replace it" in result.stderr
    assert run("apply", "--replace", good, "c1", *at(fake)).exit_code == 0


def test_a_failed_change_puts_back_what_an_earlier_command_made(
    fake: FakeRunsc, good: str, tmp_path: Path
) -> None:
    run("apply", good, "c1", *at(fake))
    other = tmp_path / "other.json"
    other.write_text(GOOD.replace("sentry/clone", "syscall/open/enter"))
    fake.behave("refuse")
    result = run("apply", "--replace", "--json", str(other), "c1", *at(fake))
    assert result.exit_code == 1
    values = json.loads(result.stdout)
    assert values["state"] == "restored"
    assert values["error"] == "the runtime has no point no/such"
    running = fake.session()
    assert running is not None
    assert running["points"] == [{"name": "sentry/clone"}]


def test_a_refusal_tells_all_that_runsc_said(fake: FakeRunsc, good: str) -> None:
    fake.behave("unreachable")
    result = run("apply", good, "c1", *at(fake))
    assert result.exit_code == 1
    assert "c1: nobody listens at /tmp/s" in result.stderr
    assert "  creating session: connect" in result.stderr


def test_containers_that_are_not_there(fake: FakeRunsc, good: str) -> None:
    result = run("apply", good, "zzz", *at(fake))
    assert isinstance(result.exception, RuntimeLookupError)


def test_failures_are_json_too(fake: FakeRunsc, good: str) -> None:
    for words in (["apply", good, "zzz"], ["apply", "/no/such", "c1"], ["delete", "zzz"]):
        result = run(*words, "--json", *at(fake))
        assert isinstance(result.exception, GvtuiError)
        values = json.loads(result.stdout)
        assert values["applied"] is False
        assert values["error"]


def test_list_has_the_containers_of_a_pod(fake: FakeRunsc) -> None:
    fake.have(
        {"id": "pod", "status": "running", "pid": 5},
        {
            "id": "inner",
            "status": "running",
            "pid": 5,
            "annotations": {"io.kubernetes.cri.sandbox-id": "pod"},
        },
    )
    assert "\n  + inner  running\n" in run("list", *at(fake)).stdout
    [row] = json.loads(run("list", "--json", *at(fake)).stdout)["sandboxes"]
    assert row["containers"] == [{"id": "inner", "status": "running", "label": "", "names": {}}]


def test_list_tells_of_roots_that_cannot_be_read(fake: FakeRunsc) -> None:
    (fake.root / "broken").touch()
    result = run("list", *at(fake))
    assert result.exit_code == 1
    assert "reading state: no good" in result.stderr


def test_list_tells_of_sandboxes_that_do_not_answer(fake: FakeRunsc) -> None:
    fake.sandbox_gone()
    result = run("list", *at(fake))
    assert result.exit_code == 1
    assert "the sandbox c1 does not answer" in result.stderr
    assert "not known" in result.stdout
