from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gvtui.monitor.options import MonitorOptions
from gvtui.trace.names import Names, NamesMark
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.tui.model.model import Model
from gvtui.tui.options import LiveOptions
from gvtui.tui.sandboxes.folding import SHORT_MINUTES, command_pattern, pattern
from gvtui.tui.sandboxes.order import Ordered
from gvtui.wire.header import build_message
from gvtui.wire.pb import container_pb2, sentry_pb2
from tests.trace.recorder import SECOND, START_NS

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIVE = LiveOptions(MonitorOptions(listen=Path("/tmp/gvisor_events.sock")))


class Jobs:
    """Sandboxes that run a command each, and the list of them."""

    def __init__(self, path: Path) -> None:
        self.writer = TraceWriter(path)
        self.now = START_NS
        self.conn = 0
        self.conns: dict[str, int] = {}
        self.writer.flush()
        self.model = Model(Trace.open(path), live=_LIVE, clock=lambda: self.now)
        self.ordered = Ordered(self.model)

    def comes(self, name: str, names: Names | None = None, args: tuple[str, ...] = ("job",)) -> int:
        self.now += SECOND
        self.conn += 1
        self.conns[name] = self.conn
        self.writer.opened(self.conn, self.now, {"container_id": name, "peer_uid": 0})
        start = container_pb2.Start(id=name, args=args)
        start.context_data.container_id = name
        self.writer.message(self.conn, self.now, build_message(1, start.SerializeToString()))
        if names is not None:
            self.writer.mark(self.now, NamesMark(name, names).details(), self.conn)
        return self.conn

    def goes(self, name: str, status: int = 0, *, seconds: int = 1, dropped: int = 0) -> None:
        self.now += seconds * SECOND
        end = sentry_pb2.TaskExit(exit_status=status)
        end.context_data.container_id = name
        end.context_data.thread_id = end.context_data.thread_group_id = 1
        message = build_message(5, end.SerializeToString(), dropped)
        self.writer.message(self.conns[name], self.now, message)
        self.writer.closed(self.conns[name], self.now, {})

    def run(self, *names: str, status: int = 0, seconds: int = 1, dropped: int = 0) -> None:
        for name in names:
            self.comes(name)
            self.goes(name, status, seconds=seconds, dropped=dropped)

    def listed(self) -> list[str]:
        """The entries, folds as their kind's name and their count, what is in them indented."""
        self.writer.flush()
        self.model.refresh(10)
        lines = []
        for sandbox, fold in self.ordered.entries():
            if sandbox is None:
                assert fold is not None
                lines.append(f"{fold.kind.name} {len(fold.sandboxes)}")
            else:
                lines.append("  " * (fold is not None) + sandbox.container_id)
        return lines


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    made = Jobs(tmp_path / "a.gvtrace")
    yield made
    made.model.trace.close()
    made.writer.close()


def test_short_lived_ones_of_a_kind_are_one_entry_on_demand(jobs: Jobs) -> None:
    jobs.comes("web")
    jobs.run("job-1", "job-2", "job-3", "other")
    everything = ["web", "other", "job-3", "job-2", "job-1"]
    assert jobs.listed() == everything
    jobs.ordered.folding.toggle()
    assert jobs.ordered.words == "folded, newest first"
    assert jobs.listed() == ["web", "other", "job-* 3"]
    jobs.run("job-4")
    assert jobs.listed() == ["web", "job-* 4", "other"]
    jobs.ordered.folding.toggle()
    assert sorted(jobs.listed()) == sorted([*everything, "job-4"])


def test_the_connected_the_long_lived_and_the_restarted_are_not_folded(jobs: Jobs) -> None:
    jobs.ordered.folding.toggle()
    jobs.run("job-1", "job-2")
    jobs.comes("job-3")
    jobs.run("job-4", seconds=SHORT_MINUTES * 60)
    # A life of its own: the container is started a second time.
    jobs.run("job-5")
    jobs.run("job-5")
    assert jobs.listed() == ["job-3", "job-5", "job-4", "job-* 2"]
    jobs.goes("job-3")
    assert "job-3" in jobs.listed(), "it was connected for more than some minutes by then"


def test_an_open_fold_shows_its_sandboxes_in_the_order(jobs: Jobs) -> None:
    jobs.run("job-1", "job-2", "job-3", "x")
    jobs.ordered.folding.toggle()
    jobs.listed()
    (fold,) = [each.fold for each in jobs.ordered.entries() if each.fold]
    assert fold is not None
    jobs.ordered.folding.open(fold.kind, wanted=True)
    assert jobs.listed() == ["x", "job-* 3", "  job-3", "  job-2", "  job-1"]
    jobs.ordered.reverse()
    assert jobs.listed() == ["job-* 3", "  job-1", "  job-2", "  job-3", "x"]
    jobs.ordered.folding.open(fold.kind, wanted=False)
    assert jobs.listed() == ["job-* 3", "x"]


def test_a_fold_has_the_sums_of_its_sandboxes_and_is_sorted_by_them(jobs: Jobs) -> None:
    jobs.run("job-1", dropped=3)
    jobs.run("job-2", dropped=4, status=0x100)
    jobs.run("job-3", status=9)
    jobs.run("x", dropped=5)
    jobs.ordered.folding.toggle()
    while not jobs.ordered.words.endswith("by drops"):
        jobs.ordered.next_order()
    assert jobs.listed() == ["job-* 3", "x"]
    fold = jobs.ordered.entries()[0].fold
    assert fold is not None
    assert (fold.messages, fold.dropped) == (6, 7)
    endings = fold.endings(jobs.model.trace.connections)
    assert sorted(endings) == [("exited 0", 1), ("exited 1", 1), ("killed by SIGKILL", 1)]
    jobs.ordered.reverse()
    assert jobs.listed() == ["x", "job-* 3"]


def test_a_kind_has_one_owner_image_and_command(jobs: Jobs) -> None:
    def run(name: str, names: Names | None, args: tuple[str, ...]) -> None:
        jobs.comes(name, names, args)
        jobs.goes(name)

    for number, (image, manager) in enumerate(
        (("busybox", "docker"), ("busybox", "docker"), ("alpine", "docker"), ("busybox", "podman"))
    ):
        run(
            f"{number:064x}",
            Names(manager, ("brave_tesla", "odd_curie2")[number % 2], image),
            ("a",),
        )
    run(f"{10:064x}", Names("docker", "sad_bell", "busybox"), ("b",))
    for pod in ("cart-7d9f6c5b84-x2x7k", "cart-7d9f6c5b84-mm2kq"):
        run(pod, Names("containerd", "web", "shop", pod, "shop"), ("serve",))
    run("q", Names("containerd", "web", "shop", "cart-7d9f6c5b84-zzzzz", "test"), ("serve",))
    jobs.ordered.folding.toggle()
    folds = [line for line in jobs.listed() if " " in line]
    assert folds == ["cart-*/web 2", "* 2"]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("job-17", "job-*"),
        ("job-17-4f5c0d", "job-*"),
        ("web1", "web*"),
        ("4f5c0d21a6b3", "*"),
        ("deadbeefdeadbeef", "*"),
        ("facade", "facade"),
        ("3fa85f64-5717-4562-b3fc-2c963f66afa6", "*"),
        ("web-frontend", "web-frontend"),
        ("", ""),
    ],
)
def test_numbers_and_random_parts_of_a_name_are_no_difference(name: str, wanted: str) -> None:
    assert pattern(name) == wanted


def test_a_command_is_of_one_kind_whatever_its_numbers_are() -> None:
    assert command_pattern(["/usr/bin/python3", "job.py", "--id", "17"]) == "python3 job.py --id *"
    assert command_pattern(["sh", "-c", "true"]) != command_pattern(["sh", "-c", "false"])
    assert command_pattern([]) == ""
