"""Reads the command line of a `runsc` process: subcommand, container, root, flags.

Flags and subcommands are those that `runsc flags` and `runsc help SUBCOMMAND` of versions 2022-12,
2024-07 and 2026-09 list, joined. Go's flag package takes one dash or two, and a value after `=` or
as the next word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_CONNECTING = ("run", "create", "restore", "trace create")
"""Subcommands that connect to a session's monitor; each has one argument, the container's ID."""

_STARTING = ("run", "create", "do")
"""Subcommands that start the session before the container's first process."""

_SUBCOMMANDS = frozenset(
    "boot bwrap checkpoint cpu-features create debug delete do events exec export-metrics features "
    "flags fscheckpoint gofer help install kill list metric-metadata metric-server mitigate nvproxy "
    "pause platforms port-forward profile ps read read-control restore resume run sandboxexec spec "
    "start state statefile symbolize syscalls tar trace umount uninstall update usage wait "
    "write-control".split()
)

_VALUE_FLAGS = frozenset(
    "EXPERIMENTAL-xdp TESTONLY-autosave-image-path TESTONLY-test-name-env character-device-policy "
    "control-rpc-stop-timeout coverage-fd coverage-report dcache debug-command debug-log "
    "debug-log-fd debug-log-format fdlimit file-access file-access-mounts final-metrics-log "
    "gofer-network-namespace host-fifo host-settings host-uds in-sandbox-cgroup log log-fd "
    "log-format metric-server network network-processors-per-channel num-network-channels "
    "nvproxy-allowed-driver-capabilities nvproxy-driver-version overlay2 override-procs panic-log "
    "panic-log-fd panic-signal pcap-log platform platform_device_path pod-init-config "
    "profile-block profile-cpu profile-gc-interval profile-heap profile-mutex profiling-metrics "
    "profiling-metrics-log profiling-metrics-rate-us qdisc qdisc-tbf-burst qdisc-tbf-rate "
    "ref-leak-mode restore-spec-validation root shared-root sidecar-release-enforcement-policy "
    "sidecar-usage-policy strace-log-size strace-syscalls trace traceback watchdog-action".split()
)
"""Flags of runsc itself that take a value. `gvisor-gro` took one in 2022 and takes none since."""

_START_FLAGS = "bundle console-socket fs-restore-image-path pid-file user-log"

_SUBCOMMAND_VALUE_FLAGS = {
    name: frozenset(flags.split())
    for name, flags in {
        "create": _START_FLAGS,
        "run": f"{_START_FLAGS} exec-fd pass-fd",
        "restore": f"{_START_FLAGS} image-path work-path",
        "do": "cwd erofs gid-map ip root uid-map volume",
        "exec": "additional-gids cap console-socket cwd env exec-fd internal-pid-file pass-fd "
        "pid-file process user",
        "boot": "bundle controller-fd cpu-num cpu-period cpu-quota dev-io-fd device-fd exec-fd "
        "final-metrics-log-fd fs-restore-fds fs-save-fds gid gofer-filestore-fds gofer-mount-confs "
        "host-shmem-huge host-thp-defrag host-thp-shmem-enabled io-fds mounts-fd "
        "nvidia-driver-version nvidia-fabric-imex-mgmt-minor nvidia-host-params "
        "overlay-filestore-fd pass-fd pin-ring-fd pod-init-config-fd proc-mount-sync-fd "
        "product-name profile-block-fd profile-cpu-fd profile-heap-fd profile-mutex-fd "
        "profiling-metrics-fd rootfs-upper-tar-fd save-fds sink-fds spec-fd start-sync-fd "
        "stdio-fds sync-userns-fd total-host-memory total-memory trace-fd uid user-log-fd",
        "gofer": "bundle dev-io-fd gid gofer-mount-confs io-fds mounts-fd pin-ring-fd "
        "proc-mount-sync-fd profile-block-fd profile-cpu-fd profile-heap-fd profile-mutex-fd rpc-fd "
        "spec-fd sync-chroot-fd sync-nvproxy-fd sync-sentry-exit-fd sync-userns-fd trace-fd uid",
        "trace create": "config",
        "trace delete": "name",
    }.items()
}
"""Flags that take a value, of the subcommands that sandboxes and their monitors run."""

_FLAG_LINE = re.compile(r"^  -(\S+) (?:string|int|uint|value|duration|float)$", re.MULTILINE)
"""How Go's flag package lists a flag with a value; one without has no type behind its name."""

_NO_FLAGS: frozenset[str] = frozenset()

_GO_FALSE = ("0", "f", "false")
"""How Go's flag package reads a switch that is off, in small letters."""


@dataclass(frozen=True, slots=True)
class RunscCommand:
    """The parts of a `runsc` command line."""

    binary: str
    subcommand: str
    """Such as `run` or `trace create`; "" if there is none."""
    flags: dict[str, str] = field(default_factory=dict)
    """The flags of runsc itself, without dashes, with their values; "" for no value."""
    options: dict[str, str] = field(default_factory=dict)
    """The flags of the subcommand: `--root` of `runsc do` is not runsc's `--root`."""
    arguments: tuple[str, ...] = ()
    """The words after the subcommand's flags."""

    @property
    def container_id(self) -> str | None:
        """The container that the command names; None if it names none, as `runsc do`."""
        if self.subcommand in _CONNECTING and self.arguments:
            # The ID is the only argument; what stands before it is the value of an unknown flag.
            return self.arguments[-1]
        return None

    @property
    def makes_session(self) -> bool:
        """Whether it may connect a trace session to a monitor."""
        return self.subcommand in (*_CONNECTING, *_STARTING)

    @property
    def sandbox_root(self) -> str:
        """The root of the sandbox that it works for; "" if it does not tell: `runsc do` makes one of
        its own."""
        return "" if self.subcommand == "do" else self.flags.get("root") or ""

    @property
    def lives_with_sandbox(self) -> bool:
        """Whether the command runs as long as the sandbox that it starts, and not longer: attached,
        it waits for its end, and has the kernel kill it at its own (`PR_SET_PDEATHSIG`)."""
        is_detached = self.options.get("detach", "false").lower() not in _GO_FALSE
        return self.subcommand == "do" or (self.subcommand == "run" and not is_detached)

    @property
    def starts_sandbox(self) -> bool:
        """Whether the command starts a container, or restores one: if it connects a session, the
        container has a sandbox of its own, for a pod's session is connected with its sandbox."""
        return self.starts_container or self.subcommand == "restore"

    @property
    def starts_container(self) -> bool:
        """Whether the command starts a container, so that its session sees every process."""
        return self.subcommand in _STARTING


def parse_runsc_command(
    command: list[str], more_value_flags: AbstractSet[str] = _NO_FLAGS
) -> RunscCommand:
    """Parse a command line; never raises.

    An unknown flag before the subcommand takes the next word as its value, unless that word is a
    subcommand.

    Args:
        command: the words, the program's name first.
        more_value_flags: further flags of runsc itself that take a value, as `value_flags` reads
            them from the binary in use.
    """
    binary = command[0] if command else ""
    flags, place = _take_flags(command, 1, _VALUE_FLAGS | more_value_flags, before_subcommand=True)
    if place >= len(command):
        return RunscCommand(binary, "", flags)
    name = command[place]
    if name == "trace":
        _, after = _take_flags(command, place + 1, _NO_FLAGS)
        if after < len(command):
            name, place = f"trace {command[after]}", after
    known = _SUBCOMMAND_VALUE_FLAGS.get(name, _NO_FLAGS)
    options, place = _take_flags(command, place + 1, known)
    return RunscCommand(binary, name, flags, options, tuple(command[place:]))


def _take_flags(
    command: list[str],
    place: int,
    with_value: AbstractSet[str],
    *,
    before_subcommand: bool = False,
) -> tuple[dict[str, str], int]:
    """The flags from index `place` on, and the index of the first word that is not a flag."""
    flags: dict[str, str] = {}
    while place < len(command):
        word = command[place]
        if word == "--":
            return flags, place + 1
        if not word.startswith("-") or word == "-":
            break
        place += 1
        name, has_value, value = word.lstrip("-").partition("=")
        if not has_value and place < len(command):
            next_word = command[place]
            may_follow = before_subcommand and not next_word.startswith("-")
            if name in with_value or (may_follow and next_word not in _SUBCOMMANDS):
                value = next_word
                place += 1
        flags[name] = value
    return flags, place


def value_flags(text: str) -> frozenset[str]:
    """The flags that take a value, from what `runsc flags` prints."""
    return frozenset(_FLAG_LINE.findall(text))


def container_id_from_command(
    command: list[str], more_value_flags: AbstractSet[str] = _NO_FLAGS
) -> str | None:
    """The container that a `runsc` command works for; None if it names none."""
    return parse_runsc_command(command, more_value_flags).container_id


def root_from_command(
    command: list[str], more_value_flags: AbstractSet[str] = _NO_FLAGS
) -> str | None:
    """The `--root` that a `runsc` command was given."""
    return parse_runsc_command(command, more_value_flags).flags.get("root") or None
