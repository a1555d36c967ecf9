from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.runsc_command import (
    container_id_from_command,
    parse_runsc_command,
    root_from_command,
    value_flags,
)


@pytest.mark.parametrize(
    ("line", "container_id", "root"),
    [
        ("runsc run c1", "c1", None),
        ("/usr/bin/runsc --root /r --platform=systrap --debug run -detach -bundle B c1", "c1", "/r"),
        ("runsc -root=/r -ignore-cgroups create --bundle=B --pid-file /p --console-socket /s c1", "c1", "/r"),
        ("runsc --root=/r trace create --config /f.json --force c1", "c1", "/r"),
        ("runsc --root=/r trace create -force -config=/f.json c1", "c1", "/r"),
        ("runsc trace create --config=/f.json -- c1", "c1", None),
        ("runsc --root /r --log /l --log-format json --systemd-cgroup restore --image-path /i c1", "c1", "/r"),
        ("runsc --network none do --force-overlay sh -c ls", None, None),
        ("runsc run", None, None),
        ("runsc --root", None, None),
        ("runsc trace list c1", None, None),
        ("runsc --host-settings ignore --root /r run -bundle B c1", "c1", "/r"),
        ("runsc --root=/r --host-settings ignore run --fs-restore-image-path /i --fs-restore-direct c1", "c1", "/r"),
        ("runsc --sidecar-usage-policy STRICT --qdisc-tbf-rate 5 create --user-log /u c1", "c1", None),
        ("runsc --gvisor-gro 10ms --root /r run c1", "c1", "/r"),
        ("runsc --gvisor-gro --root /r run c1", "c1", "/r"),
        ("runsc --gvisor-gro run c1", "c1", None),
        ("runsc --net-raw run c1", "c1", None),
        ("runsc --from-tomorrow x --root /r run --also-new y c1", "c1", "/r"),
        ("runsc --from-tomorrow --root /r run c1", "c1", "/r"),
        ("runsc do --root /var/rootfs sh", None, None),
        ("runsc --root=/r do --root=/var/rootfs --volume a:b sh", None, "/r"),
        ("runsc trace", None, None),
        ("runsc", None, None),
        ("", None, None),
    ],
)  # fmt: skip
def test_what_a_command_line_tells(line: str, container_id: str | None, root: str | None) -> None:
    words = line.split()
    assert container_id_from_command(words) == container_id
    assert root_from_command(words) == root


def test_the_binary_and_the_subcommand() -> None:
    command = parse_runsc_command(["/opt/runsc", "--debug", "trace", "create", "-force", "c1"])
    assert (command.binary, command.subcommand) == ("/opt/runsc", "trace create")
    assert command.flags == {"debug": ""}
    assert command.options == {"force": ""}
    assert command.arguments == ("c1",)


def test_a_root_file_system_is_no_root_of_runsc() -> None:
    command = parse_runsc_command("runsc --root=/r do --root /fs --cwd /x sh -c ls".split())
    assert (command.flags, command.options) == ({"root": "/r"}, {"root": "/fs", "cwd": "/x"})
    assert command.arguments == ("sh", "-c", "ls")
    assert command.starts_container


LISTING = """\
  -debug
    \tenable debug logging.
  -net-raw runsc exec
    \tenable raw sockets.
  -overlay2 value
    \twrap mounts with overlayfs. Format is
    \t* 'none' to turn overlay mode off
  -tomorrow string
    \ta flag of a later release (default "run")
  -h\tequivalent to the 'help' flag
"""


def test_the_flags_of_the_binary_at_hand_settle_what_the_table_does_not_know() -> None:
    known = value_flags(LISTING)
    assert known == {"overlay2", "tomorrow"}
    # Without them, a value that is a subcommand's name cannot be told from the subcommand.
    words = "runsc --tomorrow run --root /r create c1".split()
    assert container_id_from_command(words, known) == "c1"
    assert root_from_command(words, known) == "/r"
    assert root_from_command(words) is None


@pytest.mark.parametrize(
    "line",
    [
        "runsc-sandbox --root=/r --network=none --ignore-cgroups=true boot --proc-mount-sync-fd=18 "
        "--bundle=/b --total-memory 25276510208 --io-fds=3 --overlay-filestore-fd=-1 --stdio-fds=8 c1",
        "runsc-sandbox --ignore-cgroups=true --root=/r --network=none --platform=systrap boot "
        "--apply-caps=false --bundle=/b --setup-root=false --stdio-fds=8,9,10 "
        "--host-shmem-huge=never --proc-mount-sync-fd=17 c1",
        "runsc-sandbox --root=/r --network=none --platform=systrap boot --bundle=/b --apply-caps=true "
        "--setup-root --total-host-memory 25276510208 --total-memory 25276510208 --io-fds=3 c1",
    ],
    ids=["2022-12", "2024-07", "2026-09"],
)
def test_the_command_lines_of_sandboxes(line: str) -> None:
    command = parse_runsc_command(line.split())
    assert (command.subcommand, command.flags["root"]) == ("boot", "/r")
    assert (command.options["bundle"], command.arguments) == ("/b", ("c1",))
    assert command.container_id is None


WORDS = (
    "trace create run do boot restore -- - --- -root --root= --root --network --host-settings ignore "
    "--fs-restore-image-path --tomorrow --gvisor-gro -= --=x c1"
).split()


@given(st.lists(st.text(max_size=12) | st.sampled_from(WORDS)), st.sets(st.text(max_size=5)))
def test_any_words_are_taken_apart(words: list[str], more: set[str]) -> None:
    found = container_id_from_command(words, more)
    assert found is None or found in words
    command = parse_runsc_command(words, more)
    assert len(command.arguments) <= len(words)
    assert not command.subcommand or set(command.subcommand.split(" ")) <= {
        part for word in words for part in word.split(" ")
    }


@given(st.text(max_size=300))
def test_any_list_of_flags_is_read(text: str) -> None:
    value_flags(text)


@pytest.mark.parametrize(
    ("command", "makes"),
    [
        ("runsc run c", True),
        ("runsc do true", True),
        ("runsc trace create --config f c", True),
        ("runsc restore c", True),
        ("runsc trace delete c", False),
        ("runsc boot c", False),
        ("runsc", False),
        ("", False),
    ],
)
def test_what_makes_a_session(command: str, *, makes: bool) -> None:
    assert parse_runsc_command(command.split()).makes_session is makes


@pytest.mark.parametrize(
    ("command", "lives"),
    [
        ("runsc do true", True),
        ("runsc run c", True),
        ("runsc run -detach=false -bundle b c", True),
        ("runsc run -detach c", False),
        ("runsc run --detach=TRUE c", False),
        ("runsc create c", False),
        ("runsc trace create --config f c", False),
        ("", False),
    ],
)
def test_which_runsc_lives_with_its_sandbox(command: str, *, lives: bool) -> None:
    assert parse_runsc_command(command.split()).lives_with_sandbox is lives


def test_the_root_of_do_is_not_the_one_that_it_is_given() -> None:
    words = ["runsc", "--root=/r", "create", "web"]
    assert parse_runsc_command(words).sandbox_root == "/r"
    assert parse_runsc_command(["runsc", "create", "web"]).sandbox_root == ""
    assert parse_runsc_command(["runsc", "--root=/r", "do", "true"]).sandbox_root == ""
