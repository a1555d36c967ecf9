"""What raw calls do to descriptors, by made-up messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.query.resolved.world import World, table

if TYPE_CHECKING:
    pass

CLOEXEC = 0o2000000


def test_raw_calls_make_descriptors_too(world: World) -> None:
    world.raw("epoll_create1", CLOEXEC, result=3)
    world.raw("memfd_create", 0x1000, 1, result=4)
    world.raw("openat", (1 << 64) - 100, 0x1000, CLOEXEC, result=5)
    world.raw("dup", 3, result=6)
    world.raw("fcntl", 4, 0, 10, result=10)
    world.raw("socket", 10, 2, 0, result=7)
    world.raw("pidfd_open", 1, 0, result=8)
    world.raw("close_range", 7, 8, 0)
    world.raw("write", 5, 0x1000, 100, result=60)
    world.raw("recvfrom", 6, 0x1000, 100, result=0)
    world.raw("close", 4)
    world.raw("fsopen", 0x1000, 1, result=12)
    world.raw("open_tree", 3, 0x1000, 0, result=13)
    with world.resolved() as found:
        assert table(found) == {
            3: "eventpoll",
            5: "file",
            6: "eventpoll",
            10: "memfd",
            12: "other",
            13: "other",
        }
        assert dict(found.descriptors(1))[5].bytes_out == 60
        assert found.resolver.bytes.bytes_of(1) == (0, 60)
