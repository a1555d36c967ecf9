from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.trace.bookmarks import Bookmarks
from gvtui.trace.marks import SessionMark
from gvtui.trace.names import Names, NamesMark
from gvtui.trace.origin import OriginMark
from gvtui.trace.procfs import ProcessesMark, ProcfsEntry
from gvtui.trace.reader import Trace
from gvtui.trace.row import Flag
from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from gvtui.wire.pb import container_pb2, sentry_pb2, syscall_pb2
from tests.export.parts import dropped, marks
from tests.trace.factory import CONTAINER, TIME_NS, context, read_message

SECRETS = (
    "swordfish-77",
    "hunter22-x",
    "ghp_" + "Q7" * 18,
    "topsecret-peer",
    "noted-here-9",
    "lbl-5-secret",
)


def message(number: int, content: object, dropped: int = 0) -> bytes:
    return build_message(number, content.SerializeToString(), dropped)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Secrets wherever a text can be."""
    fish, hunter, token, peer, note, label = SECRETS
    writer = TraceWriter(tmp_path_factory.mktemp("planted") / "a.gvtrace")
    writer.opened(1, TIME_NS, {"peer_pid": 7, "command": ["runsc", "--token", peer]})
    writer.mark(
        TIME_NS,
        NamesMark(CONTAINER, Names("docker", "web", labels={"api-token": label})).details(),
        1,
    )
    writer.mark(
        TIME_NS, SessionMark("x", "applied", CONTAINER, "/", f'{{"password": "{fish}"}}').details()
    )
    entry = ProcfsEntry(7, 0, 1, "sh", "/bin/sh", ["curl", "-u", f"joe:{hunter}"], f"/{fish}")
    writer.mark(TIME_NS, ProcessesMark("x", CONTAINER, 1, True, 1, 1, (entry,)).details(), 1)
    start = container_pb2.Start(
        id=CONTAINER, args=["sh", f"--x={fish}"], env=[f"DB_PASSWORD={fish}"]
    )
    info = sentry_pb2.ExecveInfo(
        context_data=context(name=fish[:15]), binary_path=f"/{hunter}/x", argv=["mysql", f"-p{hunter}"],
        env=["HOME=/root", f"T={token}"],
    )  # fmt: skip
    info.context_data.cwd = f"/home/{token}"
    call = syscall_pb2.Execve(
        context_data=context(), pathname=f"/bin/{fish}", argv=[token], envv=[fish]
    )
    connect = syscall_pb2.Connect(
        context_data=context(), address=b"\x01\x00/run/" + hunter.encode()
    )
    for place, each in enumerate(
        (message(1, start), message(3, info), message(13, call), message(12, connect, 4))
    ):
        writer.message(1, TIME_NS + place, each)
    writer.message(1, TIME_NS + 5, build_message(9, b"\xff\xff" + fish.encode()))
    writer.message(1, TIME_NS + 6, build_message(999, token.encode()))
    writer.message(1, TIME_NS + 7, read_message(dropped=4) + b"\xfa\x3f\x0c" + fish.encode())
    writer.truncated(1, TIME_NS + 8, message(13, call)[:-2], 1 << 21)
    writer.message(1, TIME_NS + 9, read_message(fd=4, dropped=9))
    writer.closed(1, TIME_NS + 9, {"reason": f"password={note}"})
    writer.close()
    trace = Trace.open(writer.path)
    Bookmarks(trace).set(5, f"here the password: {note}, {fish}")
    trace.close()
    return writer.path


@pytest.mark.parametrize("name", ["out.gvtrace", "out.trace", "out.jsonl", "out.txt", "out.strace"])
def test_planted_secrets_are_in_no_byte_of_the_result(
    planted: Path, tmp_path: Path, name: str
) -> None:
    data = planted.read_bytes()
    assert all(secret.encode() in data for secret in SECRETS)
    out = tmp_path / name
    assert run(["convert", str(planted), str(out), "--redact"]) == 0
    files = sorted(tmp_path.iterdir())
    assert out in files
    for path in files:
        for secret in SECRETS:
            assert secret.encode() not in path.read_bytes(), (path, secret)
            assert secret.encode().hex().encode() not in path.read_bytes()


@pytest.mark.parametrize("suffix", ["gvtrace", "trace", "jsonl", "txt", "strace"])
def test_planted_secrets_are_in_no_byte_of_a_file_for_each_sandbox(
    planted: Path, tmp_path: Path, suffix: str
) -> None:
    both, other = tmp_path / "both.gvtrace", "otherone-55"
    joined = planted.read_bytes()
    writer = TraceWriter(tmp_path / "b.gvtrace")
    writer.opened(1, TIME_NS, {"container_id": "abcd", "command": ["runsc", "--token", other]})
    writer.mark(TIME_NS, NamesMark("abcd", Names("docker", "quiet")).details(), 1)
    # What only the other sandbox shows as a secret is taken out of this one's messages too.
    texts = (SECRETS[0], other)
    for place, each in enumerate(texts):
        call = syscall_pb2.Execve(context_data=context(), pathname=f"/x/{each}")
        writer.message(1, TIME_NS + place, message(13, call))
    writer.closed(1, TIME_NS + 9, {})
    writer.close()
    both.write_bytes(joined + writer.path.read_bytes())
    folder = tmp_path / "out"
    folder.mkdir()
    out = folder / f"o.{suffix}"
    assert run(["convert", str(both), str(out), "--redact", "--split"]) == 0
    parts = sorted(folder.glob(f"o-*.{suffix}"))
    assert [path.name for path in parts] == [f"o-abcd.{suffix}", f"o-{CONTAINER}.{suffix}"]
    for path in folder.iterdir():
        data = path.read_bytes()
        assert len(data) > 50
        for secret in (*SECRETS, other):
            assert secret.encode() not in data, (path, secret)
            assert secret.encode().hex().encode() not in data
        assert (b"quiet" in data) <= ("abcd" in path.name)
    if suffix == "gvtrace":
        for path in parts:
            (origin,) = (each for each in marks(path) if isinstance(each, OriginMark))
            assert origin.how == "redacted"


def test_all_else_is_kept_and_told(
    planted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.gvtrace"
    assert run(["convert", str(planted), str(out), "--redact"]) == 0
    assert "redacted by the rules environment, option" in capsys.readouterr().err
    old, new = Trace.open(planted), Trace.open(out)
    assert new.connections.messages == old.connections.messages == 9
    assert dropped(out) == 9
    columns = ("kind", "conn", "recv_ns", "time_ns", "pid", "type", "dropped", "fd", "result")
    rows, before = new.rows(1, new.end_row), old.rows(0, old.end_row)
    for column in columns:
        whole = before["flags"] & Flag.MALFORMED == 0
        assert (rows[column][whole] == before[column][whole]).all(), column
    (mark,) = (each for each in marks(out) if isinstance(each, OriginMark))
    assert mark.how == "redacted"
    assert [each.note for each in Bookmarks(new)] == ["here the password: [redacted], [redacted]"]
    old.close()
    new.close()


def test_json_leaves_out_environments_unless_they_are_asked_for(
    planted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    token = SECRETS[2]
    words = ["print", str(planted), "--format", "json"]
    run(words)
    shown = capfd.readouterr().out
    assert '"env":["HOME=[redacted]","T=[redacted]"]' in shown
    assert f"/home/{token}" in shown
    run([*words, "--environment"])
    assert f'"env":["HOME=/root","T={token}"]' in capfd.readouterr().out
    for more, is_there in (([], False), (["--environment"], True)):
        out = tmp_path / f"{is_there}.jsonl"
        run(["convert", str(planted), str(out), *more])
        assert (f'"T={token}"' in out.read_text()) == is_there


def test_only_some_rules(planted: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gvtrace"
    assert run(["convert", str(planted), str(out), "--redact", "--rules", "token"]) == 0
    data = out.read_bytes()
    assert SECRETS[2].encode() not in data
    assert SECRETS[1].encode() in data
    assert run(["convert", str(planted), str(tmp_path / "x.txt"), "--rules", "salt"]) == 2
