from __future__ import annotations

import json
from pathlib import Path

from tests.agent.fake import FakeRunsc
from tests.commands.fake_runsc import fake_runsc
from tests.commands.session_runs import GOOD, run


def test_check(tmp_path: Path, good: str) -> None:
    result = run("check", good)
    assert result.exit_code == 0
    assert "good.json: good, against" in result.stdout
    bad = tmp_path / "bad.json"
    bad.write_text('{"name": "Default", "points": [{"name": "sentry/clon"}], "sinks": []}')
    result = run("check", str(bad))
    assert result.exit_code == 1
    assert "error: points[0].name:" in result.stderr
    assert "did you mean 'sentry/clone'?" in result.stderr
    assert "1 error, 1 warning" in result.stdout


def test_check_against_several_runtimes(fake: FakeRunsc, tmp_path: Path) -> None:
    path = tmp_path / "good.json"
    path.write_text(GOOD.replace("sentry/clone", "sentry/task_exit"))
    (tmp_path / "other").mkdir()
    newer = fake_runsc(tmp_path / "other")
    assert run("check", "--runsc", newer, str(path)).exit_code == 0
    result = run("check", "--runsc", newer, "--runsc", fake.path, str(path))
    assert result.exit_code == 1
    assert "runsc 20990101.0 has no point 'sentry/task_exit'" in result.stderr
    assert "against runsc 0.0~20240729.0, runsc 20990101.0" in result.stdout


def test_check_tells_how_each_way_ends(tmp_path: Path, good: str) -> None:
    bare = run("check", good)
    assert "trace create: started and traced\n" in bare.stdout
    assert "pod init file: refused (the session is bare;" in bare.stdout
    assert bare.exit_code == 0
    assert run("check", "--for", "pod-init", good).exit_code == 1
    path = tmp_path / "pod.json"
    path.write_text(f'{{"trace_session": {GOOD.replace("sentry/clone", "sentry/clon")}}}')
    result = run("check", str(path))
    assert "trace create: refused\n" in result.stdout
    assert "pod init file: started untraced, silently\n" in result.stdout
    assert result.exit_code == 1
    path.write_text(f'{{"trace_session": {GOOD}}} {{}}')
    result = run("check", str(path))
    assert "trace create: refused" in result.stdout
    assert "pod init file: started and traced\n" in result.stdout
    assert result.exit_code == 1
    assert run("check", "--for", "pod-init", str(path)).exit_code == 0


def test_check_reads_standard_input_and_any_bytes() -> None:
    assert run("check", "-", text=GOOD).exit_code == 0
    assert run("check", "-", text="\ufeff" + GOOD).exit_code == 1


def test_an_old_version_refuses_options(tmp_path: Path) -> None:
    path = tmp_path / "options.json"
    path.write_text(GOOD[:-1] + ', "options": {"execve_hash_cache_capacity": 0}}')
    assert run("check", "--gvisor", "20260905", str(path)).exit_code == 0
    result = run("check", "--gvisor", "20240729", str(path))
    assert result.exit_code == 1
    assert "has no key 'options' and refuses the whole file" in result.stderr
    between = run("check", "--gvisor", "20250101", str(path))
    assert between.exit_code == 0
    assert "it cannot be told whether" in between.stderr


def test_check_as_json(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"nam": "Default", "trace_session": {"sinks": [{"x": 1}]}}')
    result = run("check", "--json", str(bad))
    assert result.exit_code == 1
    values = json.loads(result.stdout)
    assert values["valid"] is False
    assert [each["place"] for each in values["problems"]] == ["nam", "trace_session.sinks[0].x"]
    assert [(each["way"], each["verdict"], each["counts"]) for each in values["verdicts"]] == [
        ("trace-create", "refused", True),
        ("pod-init", "refused", True),
    ]
    assert run("check", "/no/such").exit_code == 1
