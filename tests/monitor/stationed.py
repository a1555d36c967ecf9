"""A station that serves viewers in a thread, and says what the test wants."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from gvtui.monitor.station import Hello, Station


def hello(folder: Path, **other: Any) -> Hello:
    told: dict[str, Any] = {
        "pid": os.getpid(),
        "keeper": os.getpid(),
        "listen": str(folder / "s"),
        "trace": str(folder / "t"),
        "recording": False,
        "keep_bytes": 1,
        "realtime": False,
        "user": None,
        "is_left": False,
        "since_ns": 1,
    }
    return Hello(**{**told, **other})


class Stationed:
    """Use as a context manager."""

    def __init__(self, folder: Path, **other: Any) -> None:
        self.listen = folder / "s"
        self.marks: list[tuple[bytes, int]] = []
        self.station = Station(
            self.listen,
            lambda: hello(folder, **other),
            pass_mark=self._mark,
            describe=lambda: {"answer": 42},
        )
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._turn, daemon=True)

    def _mark(self, packed: bytes, conn: int) -> bool:
        self.marks.append((packed, conn))
        return True

    def _turn(self) -> None:
        while not self._ends.wait(0.002):
            with self._lock:
                self.station.turn()

    def say(self, **event: Any) -> None:
        with self._lock:
            self.station.say(event)

    def __enter__(self) -> Stationed:
        self._thread.start()
        return self

    def close(self) -> None:
        self._ends.set()
        self._thread.join()
        self.station.close()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
