from gvtui.points.bundled import bundled_catalogue
from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.activity.calls import NEEDED, points_of, untraced


def test_a_call_is_told_by_its_decoded_or_its_raw_exit() -> None:
    assert points_of("rename", "x86_64") == ("syscall/rename/exit", "syscall/sysno/82/exit")
    assert points_of("sentry/clone", "x86_64") == ("sentry/clone",)
    assert points_of("rename", "arm64") == ()


def test_all_calls_exist() -> None:
    known = {*sysnos_by_name("x86_64"), *(each.name for each in bundled_catalogue())}
    assert {name for names in NEEDED.values() for name in names.split()} <= known


def test_with_all_points_on_nothing_is_untraced() -> None:
    every = {each.name for each in bundled_catalogue()}
    assert untraced(every, "x86_64") == {}
    assert untraced(every - {"syscall/sysno/82/exit"}, "x86_64") == {
        "what changes files": ["rename"]
    }
    assert untraced(every - {"sentry/execve"}, "x86_64") == {
        "which programs run": ["sentry/execve"]
    }
    assert set(untraced(set(), "x86_64")) == set(NEEDED)
