"""What the command line of a `runsc` process tells of the sandbox it works for.

Flags as `runsc flags` and `runsc help SUBCOMMAND` of versions 2022-12 and 2024-07 list them. Go's
flag package takes one dash or two, and a value after `=` or as the next word.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_CONNECTING = ("run", "create", "restore", "trace create")
"""Subcommands that open a session's connection and name their container."""

_STARTING = ("run", "create", "do")
"""Subcommands whose session is there before the first process."""

_SUBCOMMANDS = frozenset(
    "boot checkpoint create debug delete do events exec gofer kill list metric-metadata "
    "metric-server pause ps restore resume run spec start state trace umount usage wait".split()
)

_VALUE_FLAGS = frozenset(
    # Of runsc itself.
    "root log log-fd log-format debug-log debug-log-fd debug-log-format debug-command "
    "panic-log panic-log-fd panic-signal coverage-fd coverage-report dcache fdlimit file-access "
    "file-access-mounts gvisor-gro host-fifo host-uds network num-network-channels overlay2 pcap-log "
    "platform platform_device_path pod-init-config profile-block profile-cpu profile-heap "
    "profile-mutex qdisc ref-leak-mode strace-log-size strace-syscalls trace traceback "
    "watchdog-action metric-server profiling-metrics profiling-metrics-log nftables "
    # Of the subcommands that connect.
    "bundle console-socket pid-file user-log exec-fd pass-fd image-path work-path config cwd "
    "gid-map uid-map ip".split()
)


@dataclass(frozen=True, slots=True)
class RunscCommand:
    """A `runsc` command line taken apart."""

    binary: str
    subcommand: str
    """Such as `run` or `trace create`; "" if there is none."""
    flags: dict[str, str] = field(default_factory=dict)
    """Flags without their dashes; "" for one without a value."""
    arguments: tuple[str, ...] = ()
    """What follows the subcommand's flags."""

    @property
    def container_id(self) -> str | None:
        """The container that it names; None for commands that name none, as `runsc do`."""
        if self.subcommand in _CONNECTING and self.arguments:
            return self.arguments[0]
        return None

    @property
    def starts_container(self) -> bool:
        """Whether a session that it makes tells of all processes from the first on."""
        return self.subcommand in _STARTING


def parse_runsc_command(command: list[str]) -> RunscCommand:
    """Take a command line apart; never raises."""
    flags: dict[str, str] = {}
    words: list[str] = []
    position = 1
    while position < len(command):
        word = command[position]
        position += 1
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            words.append(word)
            # Past `run`, `do` and the like only their own flags and arguments follow.
            if words != ["trace"] and (len(words) > 1 or words[0] not in _SUBCOMMANDS):
                break
            continue
        name, has_value, value = word.lstrip("-").partition("=")
        if not has_value and name in _VALUE_FLAGS and position < len(command):
            value = command[position]
            position += 1
        flags[name] = value
    is_trace = words[:1] == ["trace"]
    if is_trace and len(words) == 2:
        # Flags of `trace create` follow the two words.
        inner = parse_runsc_command([command[0], "run", *command[position:]])
        flags.update(inner.flags)
        return RunscCommand(command[0], " ".join(words), flags, inner.arguments)
    subcommand = words[0] if words else ""
    arguments = (*words[1:], *command[position:])
    return RunscCommand(command[0] if command else "", subcommand, flags, arguments)


def container_id_from_command(command: list[str]) -> str | None:
    """The container that a `runsc` command works for; None if it names none."""
    return parse_runsc_command(command).container_id


def root_from_command(command: list[str]) -> str | None:
    """The `--root` that a `runsc` command was given."""
    return parse_runsc_command(command).flags.get("root") or None
