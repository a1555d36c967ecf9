"""What starts the monitor: units of systemd, a container, a DaemonSet of Kubernetes."""

from __future__ import annotations

import ipaddress
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui import __version__
from gvtui.errors import UsageError
from gvtui.python import python

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gvtui.commands.metrics import Address

SOCKET = Path("/run/gvtui/events.sock")
"""Where sandboxes connect, unless --listen names another place."""
TRACES = Path("/var/lib/gvtui")
"""Where the traces are, unless --trace names another place."""

_NEEDS = """\
# It needs: to look at the processes that connect (CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH), to enlarge
# their send buffers (CAP_NET_ADMIN), and real-time priority (CAP_SYS_NICE), without which sandboxes
# drop points sooner. The process that reads what sandboxes send gives up all of these. What else is
# here lets it become the user of --user, or gives the socket to a group."""

_CAPABILITIES = ("SYS_PTRACE", "DAC_READ_SEARCH", "NET_ADMIN", "SYS_NICE")
_FOR_OPTION = {
    # To become the user, to give it the trace and take it back, and to end its process.
    "--user": ("CHOWN", "SETUID", "SETGID", "KILL", "DAC_OVERRIDE"),
    "--socket-group": ("CHOWN", "SETGID"),
}
"""Capabilities that the monitor needs always, and with an option."""

_PROTECTED = ("/home", "/root", "/run/user", "/usr", "/boot", "/efi", "/etc")
"""What ProtectHome=read-only and ProtectSystem=full protect; see systemd.exec(5)."""


@dataclass(frozen=True, slots=True)
class UnitOptions:
    """What the monitor is started with."""

    listen: Path
    trace: Path
    words: Sequence[str]
    """The other options, as on the command line."""
    connections: int
    """How many sandboxes may be connected at once."""
    is_folder: bool
    """Whether the trace is a folder of traces, and no recording."""
    socket_mode: int
    """The permissions of the socket."""
    socket_group: str | None
    """The group that owns it."""
    metrics: Address | None
    """Where metrics are served."""

    @property
    def folder(self) -> Path:
        """The folder in which it writes: a recording goes on in another one beside it."""
        trace = self.trace.absolute()
        return trace if self.is_folder else trace.parent

    @property
    def folder_mode(self) -> str:
        """The permissions of the socket's folder, in octal: whoever may use the socket passes."""
        return "0711" if self.socket_group is not None or self.socket_mode & 0o077 else "0700"

    def contained(self, host: str) -> list[str]:
        """The other options for a container, in which metrics are served at all addresses of a kind:
        at those of the machine nobody would reach them."""
        words = list(self.words)
        if self.metrics is not None:
            words[words.index("--metrics") + 1] = str(self.metrics._replace(host=host))
        return words

    @property
    def capabilities(self) -> list[str]:
        """The capabilities that it needs, without the `CAP_` of their names."""
        further = (each for word in self.words for each in _FOR_OPTION.get(word, ()))
        return [*_CAPABILITIES, *dict.fromkeys(further)]


@dataclass(frozen=True, slots=True)
class Unit:
    """Something that starts the monitor."""

    words: str
    """What it is, for the help text."""
    text: Callable[[UnitOptions], str]


def _service(wanted: UnitOptions) -> str:
    listen, trace = wanted.listen.absolute(), wanted.trace.absolute()
    command = [*python("-m", "gvtui"), "monitor", "--listen", str(listen), "--trace", str(trace)]
    line = " ".join(map(_quoted, [*command, *wanted.words]))
    places = dict.fromkeys(
        str(each)
        for each in (listen.parent, wanted.folder)
        if any(each.is_relative_to(name) for name in _PROTECTED)
    )
    # Variables stand in command lines alone.
    writable = "".join(f"ReadWritePaths={_quoted(each).replace('$$', '$')}\n" for each in places)
    if writable:
        writable = f"# These must be there when it starts.\n{writable}"
    return f"""\
# /etc/systemd/system/gvtui.service, of gvtui {__version__}
[Unit]
Description=gvtui monitor: receives the trace points of gVisor sandboxes
Documentation=man:gvtui(1)
# Sandboxes connect once, when they start.
Before=containerd.service docker.service

[Service]
Type=notify
NotifyAccess=main
ExecStart={line}
Restart=always
RestartSec=1
WatchdogSec=30
TimeoutStopSec=30
KillMode=mixed
RuntimeDirectory=gvtui
RuntimeDirectoryMode={wanted.folder_mode}
RuntimeDirectoryPreserve=restart
# Connections, and the socket, outlive a restart: a sandbox never connects twice.
FileDescriptorStoreMax={wanted.connections + 1}
StateDirectory=gvtui
StateDirectoryMode=0700
Environment=HOME=/var/lib/gvtui XDG_CACHE_HOME=/var/lib/gvtui/.cache
LimitNOFILE=65536
{_NEEDS}
CapabilityBoundingSet={" ".join(f"CAP_{each}" for each in wanted.capabilities)}
LimitRTPRIO=10
NoNewPrivileges=yes
ProtectSystem=full
ProtectHome=read-only
{writable}ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
"""


def _socket(wanted: UnitOptions) -> str:
    at = str(wanted.listen.absolute()).replace("%", "%%")
    group = f"SocketGroup={wanted.socket_group}\n" if wanted.socket_group is not None else ""
    return f"""\
# /etc/systemd/system/gvtui.socket, of gvtui {__version__}
# With it sandboxes can connect while the monitor starts anew: they wait for it.
[Unit]
Description=The socket at which gVisor sandboxes reach gvtui
Before=containerd.service docker.service

[Socket]
ListenSequentialPacket={at}
SocketMode={wanted.socket_mode:04o}
{group}DirectoryMode={wanted.folder_mode}
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
"""


def _docker(wanted: UnitOptions) -> str:
    listen, trace = wanted.listen.absolute(), wanted.trace.absolute()
    network, reached = "--network=none", ""
    if wanted.metrics is not None:
        network = shlex.quote(f"--publish={_published(wanted.metrics)}")
        reached = f"# Prometheus reaches it at {wanted.metrics}, where Docker publishes its port.\n"
    run = [
        f"docker run --detach --restart=always --name=gvtui --pid=host {network}",
        "--cap-drop=ALL --security-opt=no-new-privileges",
        " ".join(f"--cap-add={each}" for each in wanted.capabilities),
        f"--volume={shlex.quote(f'{listen.parent}:{listen.parent}')}",
        f"--volume={shlex.quote(f'{wanted.folder}:{wanted.folder}')}",
        f"gvtui:{__version__} monitor --listen {shlex.quote(str(listen))}",
        shlex.join(["--trace", str(trace), *wanted.contained("0.0.0.0")]),
    ]
    command = " \\\n#     ".join(run)
    return f"""\
# The recipe of the image. Build it in the folder with gvtui's wheel (python -m build --wheel):
#   docker build --tag gvtui:{__version__} --file Dockerfile .
{_NEEDS}
# Run it:
#   {command}
{reached}# Look at it: docker exec --interactive --tty gvtui gvtui attach {shlex.quote(str(listen))}
FROM python:3.11-slim
COPY gvtui-{__version__}-py3-none-any.whl /tmp/
RUN pip install --no-cache-dir /tmp/gvtui-{__version__}-py3-none-any.whl
ENTRYPOINT ["gvtui"]
"""


def _daemon_set(wanted: UnitOptions) -> str:
    listen, trace = wanted.listen.absolute(), wanted.trace.absolute()
    host = "::" if wanted.metrics is not None and wanted.metrics.is_ipv6 else "0.0.0.0"
    words = ["monitor", "--listen", str(listen), "--trace", str(trace), *wanted.contained(host)]
    reached, annotations, ports = "", "", ""
    if wanted.metrics is not None:
        port = wanted.metrics.port
        reached = (
            f"# Prometheus, and whoever else can, reaches it at the pod's address, port {port}.\n"
        )
        annotations = f"""\
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "{port}"
"""
        ports = f"""\
          ports:
            - name: metrics
              containerPort: {port}
"""
    arguments = "\n".join(f"            - {_yaml(_unexpanded(word))}" for word in words)
    return f"""\
# A monitor on each node, of gvtui {__version__}: as Kubernetes's schema wants it, tried in no cluster.
# Look at one: kubectl exec --stdin --tty --namespace gvtui POD -- gvtui attach {shlex.quote(str(listen))}
{reached}{_NEEDS}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: gvtui
  namespace: gvtui
  labels: {{app: gvtui}}
spec:
  selector:
    matchLabels: {{app: gvtui}}
  template:
    metadata:
      labels: {{app: gvtui}}
{annotations}    spec:
      hostPID: true
      tolerations:
        - operator: Exists
      containers:
        - name: monitor
          image: gvtui:{__version__}
          args:
{arguments}
{ports}          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop: [ALL]
              add: [{", ".join(wanted.capabilities)}]
          volumeMounts:
            - name: socket
              mountPath: {_yaml(str(listen.parent))}
            - name: traces
              mountPath: {_yaml(str(wanted.folder))}
      volumes:
        - name: socket
          hostPath:
            path: {_yaml(str(listen.parent))}
            type: DirectoryOrCreate
        - name: traces
          hostPath:
            path: {_yaml(str(wanted.folder))}
            type: DirectoryOrCreate
"""


def _published(address: Address) -> str:
    """What Docker's --publish takes: where others reach the port, and the port inside.

    Raises:
        UsageError: the host is a name, which Docker does not look up.
    """
    known = address._replace(host="127.0.0.1") if address.host == "localhost" else address
    try:
        ipaddress.ip_address(known.host)
    except ValueError:
        raise UsageError(
            f"Docker publishes no port at a name such as {address.host!r}: give --metrics an IP "
            "address"
        ) from None
    return f"{known}:{known.port}"


def _quoted(word: str) -> str:
    """A word of a systemd command line; see systemd.syntax(7)."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{word}"' if any(char in word for char in " '\"\\;") or not word else word


def _unexpanded(word: str) -> str:
    """An argument of a container in which Kubernetes puts no variable in place of `$(NAME)`."""
    return word.replace("$(", "$$(")


def _yaml(word: str) -> str:
    """A string of YAML that is read as nothing else."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


UNITS = {
    "systemd": Unit("a service", _service),
    "systemd-socket": Unit("the socket unit beside it", _socket),
    "docker": Unit("an image's recipe, with the command line", _docker),
    "kubernetes": Unit("a DaemonSet", _daemon_set),
}
"""Everything that can be printed, by its name on the command line."""
