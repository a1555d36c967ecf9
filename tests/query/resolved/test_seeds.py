"""What a dump of procfs says that processes have open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.resolved.description import FdKind
from gvtui.trace.procfs import ProcessesMark, ProcfsEntry
from gvtui.wire.pb import syscall_pb2
from tests.query.resolved.world import World, table

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_not_known_is_taken_from_the_dump(tmp_path: Path) -> None:
    world = World(tmp_path / "made-up.gvtrace")
    world.start()
    world.open(3, "/known")
    files = [
        (0, "host:[1]", 0o20620),
        (3, "/other", 0o100644),
        (4, "/srv", 0o40755),
        (5, "pipe:[2]", 0o10600),
        (6, "socket:[3]", 0o140777),
    ]
    entry = ProcfsEntry(1, 0, 1, "sh", "/bin/sh", ["sh"], "/srv", files=files)
    mark = ProcessesMark("told", "box", world.clock, True, 1, 1, (entry,))
    world.writer.mark(world.clock, mark.details(), 1)
    world.call(9, syscall_pb2.Read, "read", 7, fd=5, fd_path="pipe:[2]")
    world.open(7, "x")
    with world.resolved() as found:
        assert table(found) == {
            0: "host:[1]",
            3: "/known",
            4: "/srv",
            5: "pipe:[2]",
            6: "socket:[3]",
            7: "/srv/x",
        }
        opened = dict(found.descriptors(1))
        assert opened[4].kind is FdKind.DIRECTORY
        assert opened[5].kind is FdKind.PIPE
        assert (opened[5].bytes_in, opened[5].first_row) == (7, -1)
        assert opened[6].kind is FdKind.SOCKET
