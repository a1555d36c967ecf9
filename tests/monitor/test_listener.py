from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gvtui.monitor.listener import Listener, MonitorError


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_listens_and_cleans_up(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    with Listener(path) as listener:
        assert mode_of(path) == 0o600
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            client.connect(str(path))
            listener.socket.accept()[0].close()
    assert not path.exists()


def test_mode_and_group_can_be_widened(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    with Listener(path, mode=0o660, group=str(os.getgid())):
        assert mode_of(path) == 0o660
        assert path.stat().st_gid == os.getgid()


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o666])
def test_it_has_its_mode_from_the_first_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("changed by its path")

    for name in ("chmod", "chown", "lchown"):
        monkeypatch.setattr(os, name, refuse)
    umask = os.umask(0o027)
    try:
        with Listener(tmp_path / "s.sock", mode=mode, group=str(os.getgid())):
            assert mode_of(tmp_path / "s.sock") == mode
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(umask)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may choose any group")
def test_root_gives_it_to_a_group(tmp_path: Path) -> None:
    with Listener(tmp_path / "s.sock", mode=0o660, group="12345"):
        assert (tmp_path / "s.sock").stat().st_gid == 12345
    assert os.getegid() == os.getgid()


def test_no_group_is_set_that_need_not_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A user namespace without an id for the own group refuses it.
    def refused(group: int) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "setegid", refused)
    with Listener(tmp_path / "s.sock"):
        assert stat.S_ISSOCK((tmp_path / "s.sock").stat().st_mode)


def test_an_unknown_group_is_told(tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match="no group 'no-such-group'"):
        Listener(tmp_path / "s.sock", group="no-such-group")
    assert not (tmp_path / "s.sock").exists()


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    dead.bind(str(path))
    dead.close()
    assert path.exists()
    with Listener(path):
        pass


@pytest.mark.parametrize("kind", [socket.SOCK_SEQPACKET, socket.SOCK_STREAM])
def test_a_live_socket_is_refused(tmp_path: Path, kind: int) -> None:
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX, kind) as other:
        other.bind(str(path))
        other.listen()
        with pytest.raises(MonitorError, match="another program listens"):
            Listener(path)
    assert path.exists()


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_what_is_no_socket_is_left_alone(tmp_path: Path, make: object) -> None:
    path = tmp_path / "precious"
    make(path)  # type: ignore[operator]
    with pytest.raises(MonitorError, match="is no socket"):
        Listener(path)
    assert path.exists()


def test_a_path_that_is_too_long_or_cannot_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match="longer than 107 bytes"):
        Listener(tmp_path / ("x" * 120))
    with pytest.raises(MonitorError, match="cannot make the socket"):
        Listener(tmp_path / "no" / "s.sock")


def test_a_successors_socket_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    first = Listener(path)
    path.unlink()
    with Listener(path):
        first.close()
        assert path.exists()


class _Looking(socket.socket):
    """Notes what lies in a folder when it begins to listen."""

    folder: Path
    seen: set[str]

    def listen(self, backlog: int = 128, /) -> None:
        self.seen |= {each.name for each in self.folder.iterdir()}
        super().listen(backlog)


def test_it_appears_only_when_it_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.viewers"
    left_by_the_killed = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    left_by_the_killed.bind(str(tmp_path / "s.viewer~"))
    left_by_the_killed.close()
    monkeypatch.setattr(_Looking, "folder", tmp_path, raising=False)
    monkeypatch.setattr(_Looking, "seen", set(), raising=False)
    monkeypatch.setattr(socket, "socket", _Looking)
    with Listener(path, mode=0o660, group=str(os.getgid()), is_renamed=True) as listener:
        assert _Looking.seen == {"s.viewer~"}
        assert listener.is_in_place
        assert mode_of(path) == 0o660
        assert [each.name for each in tmp_path.iterdir()] == ["s.viewers"]
        path.unlink()
        listener.renew().close()
        assert listener.is_in_place
    assert not list(tmp_path.iterdir())


_COMING = """
import socket, sys
met = [0, 0]
print("here", flush=True)
while sum(met) < 200:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.setblocking(False)
        try:
            client.connect(sys.argv[1])
            met[0] += 1
        except ConnectionRefusedError:
            met[1] += 1
        except (FileNotFoundError, BlockingIOError):
            pass
print(*met)
"""


def test_whoever_finds_it_is_let_in(tmp_path: Path) -> None:
    path = tmp_path / "s.viewers"
    command = [sys.executable, "-c", _COMING, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as coming:
        assert coming.stdout is not None
        assert coming.stdout.readline() == "here\n"
        while coming.poll() is None:
            Listener(path, is_renamed=True).close()
        assert coming.stdout.read() == "200 0\n", "connected and refused"


def test_of_several_starts_on_a_stale_socket_one_listens(tmp_path: Path) -> None:
    path = tmp_path / "s"
    for _ in range(20):
        stale = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stale.bind(str(path))
        stale.close()
        barrier = threading.Barrier(4)
        listeners: list[Listener] = []
        refused: list[str] = []

        def start(
            barrier: threading.Barrier = barrier,
            listeners: list[Listener] = listeners,
            refused: list[str] = refused,
        ) -> None:
            barrier.wait()
            try:
                listeners.append(Listener(path))
            except MonitorError as error:
                refused.append(str(error))

        threads = [threading.Thread(target=start) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (listener,) = listeners
        assert listener.is_in_place
        assert all("another program listens" in each for each in refused)
        assert len(refused) == 3
        listener.close()


def test_a_stranger_s_lock_on_the_folder_keeps_nobody_from_listening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gvtui.files._LOCK_SECONDS", 0.05)
    fd = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    Listener(tmp_path / "s").close()
    os.close(fd)


def test_it_is_made_anew_with_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o755)
    with Listener(folder / "s", mode=0o660) as listener:
        assert listener.is_in_place
        (folder / "s").unlink()
        folder.rmdir()
        assert not listener.is_in_place
        listener.renew().close()
        assert listener.is_in_place
        assert (mode_of(folder), mode_of(folder / "s")) == (0o755, 0o660)
    assert not (folder / "s").exists()
