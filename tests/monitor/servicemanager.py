"""Plays systemd: starts a service, hears what it says, and keeps descriptors for its next start."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from gvtui.monitor.attached import AttachedMonitor
from tests.monitor.sandbox import wait_until

_HANDED = """
import os, sys
fds = [int(fd) for fd in sys.argv[1].split(",") if fd]
# Out of the way of the places that they are to have.
fds = [os.dup2(fd, 500 + place) for place, fd in enumerate(fds)]
for place, fd in enumerate(fds):
    os.dup2(fd, 3 + place)
    os.close(fd)
if fds:
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)))
    os.environ.update(LISTEN_FDNAMES=sys.argv[2])
os.execv(sys.executable, [sys.executable, "-m", "gvtui", *sys.argv[3:]])
"""
"""Becomes gvtui as systemd starts it: descriptors from 3 on, and their names."""

_MOST_FDS = 4


class ServiceManager:
    """A service manager with a store of descriptors. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.said: list[str] = []
        """The service's messages but for those to the store."""
        self.store: dict[str, int] = {}
        self._errors = folder / "journal"
        self._address = folder / "n"
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._channel.bind(str(self._address))
        self._channel.setblocking(False)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> ServiceManager:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        for fd in self.store.values():
            os.close(fd)
        self._channel.close()

    def start(self, *words: str) -> None:
        """Start gvtui with what is kept, and wait until it is ready."""
        self.said.clear()
        kept = self.store
        fds = ",".join(map(str, kept.values()))
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _HANDED, fds, ":".join(kept), *words],
                pass_fds=list(kept.values()),
                env={**os.environ, "NOTIFY_SOCKET": str(self._address)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        assert self.hears(lambda: any(each.startswith("READY=1\n") for each in self.said)), (
            self.journal
        )

    @property
    def journal(self) -> str:
        """What all services have said on standard error."""
        return self._errors.read_text()

    def hears(self, condition: Callable[[], bool]) -> bool:
        """Take messages until a condition holds, or the service has gone without it."""

        def holds() -> bool:
            process = self._process
            has_gone = process is not None and process.poll() is not None
            self._hear()
            return condition() or has_gone

        return wait_until(holds) and condition()

    def _hear(self) -> None:
        while True:
            try:
                data, fds, _, _ = socket.recv_fds(self._channel, 4096, _MOST_FDS)
            except BlockingIOError:
                return
            lines = data.decode().splitlines()
            named = dict(line.split("=", 1) for line in lines)
            if "FDSTORE" in named:
                assert named["FDPOLL"] == "0"
                assert named["FDNAME"] not in self.store
                [self.store[named["FDNAME"]]] = fds
            elif "FDSTOREREMOVE" in named:
                os.close(self.store.pop(named["FDNAME"]))
            else:
                assert not fds
                self.said.append(data.decode())

    def stop(self) -> None:
        """End the service in peace."""
        assert self._process is not None
        self._process.terminate()
        assert self.hears(lambda: self._process is not None and self._process.poll() == 0), (
            self.journal
        )

    def kill(self, listen: Path) -> None:
        """Kill it with all its processes, as its control group is."""
        assert self._process is not None
        monitor = AttachedMonitor.find(listen)
        assert monitor is not None
        receiver = os.pidfd_open(monitor.pid)
        # The receiver first: without the other it would end in peace.
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(receiver, signal.SIGKILL)
        self._process.kill()
        monitor.stop()
        os.close(receiver)
        self._process.wait()
        self._hear()
