"""What paths are relative to, by made-up messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.wire.pb import syscall_pb2
from tests.query.resolved.world import World, table

if TYPE_CHECKING:
    pass

CLOEXEC = 0o2000000


def test_a_relative_path_of_an_unknown_folder_stays_relative(world: World) -> None:
    world.raw("chdir", 0x1000)
    world.open(3, "x")
    with world.resolved() as found:
        assert table(found) == {3: "x"}


def test_the_working_directory_goes_with_a_fork(world: World) -> None:
    world.call(13, syscall_pb2.Chdir, "chdir", pathname="/a")
    world.fork(1, 2)
    world.fork(1, 3, 0x200)
    world.call(13, syscall_pb2.Chdir, "chdir", pathname="b")
    for pid in (1, 2, 3):
        world.open(5, "x", pid=pid)
    with world.resolved() as found:
        assert [table(found, pid)[5] for pid in (1, 2, 3)] == ["/a/b/x", "/a/x", "/a/b/x"]
