"""The calls that move bytes."""

from __future__ import annotations

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.resolved.transfers import array_of, sysnos_between, sysnos_in, sysnos_out


def test_each_way_has_the_calls_of_each_architecture() -> None:
    for architecture in ("x86_64", "arm64"):
        numbers = sysnos_by_name(architecture)
        assert {numbers["read"], numbers["recvfrom"]} < sysnos_in(architecture)
        assert {numbers["write"], numbers["sendmsg"]} < sysnos_out(architecture)
        assert not sysnos_in(architecture) & sysnos_out(architecture)
        between = sysnos_between(architecture)
        assert numbers["sendfile"] in between & sysnos_out(architecture)
        assert numbers["splice"] in between & sysnos_in(architecture)
        assert numbers["recvmmsg"] not in sysnos_in(architecture)


def test_the_array_is_sorted() -> None:
    assert array_of(frozenset({5, 1, 3})).tolist() == [1, 3, 5]
