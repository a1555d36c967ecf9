"""Where the lines of strace and of the sandbox differ, each difference with its reason."""

from __future__ import annotations

import re
from typing import NamedTuple

DECODED_CALLS = """
accept accept4 bind chdir chroot clone close connect creat dup dup2 dup3 eventfd eventfd2 execve
execveat fchdir fcntl fork inotify_add_watch inotify_init inotify_init1 inotify_rm_watch open openat
pipe pipe2 pread64 preadv preadv2 prlimit64 pwrite64 pwritev pwritev2 read readv setgid setresgid
setresuid setuid signalfd signalfd4 socket socketpair timerfd_create timerfd_gettime
timerfd_settime vfork write writev
""".split()
"""Calls of the programs that the sandbox decodes."""

RAW_CALLS = """
access alarm brk capget chmod clock_getres clock_gettime clock_nanosleep epoll_create1 epoll_ctl
epoll_wait faccessat fadvise64 fchmod fchmodat fchown fchownat fdatasync flock fsync ftruncate futex
getcwd getdents64 getgroups getitimer getpeername getpgid getpriority getrandom getrlimit getrusage
getsid getsockname getsockopt getxattr ioctl kill linkat listen lseek madvise memfd_create mincore
mkdir mkdirat mknodat mlock mlockall mmap mount mprotect mremap msync munlock munmap nanosleep
newfstatat pause poll prctl ptrace readlink recvfrom recvmsg rename renameat2 rt_sigaction
rt_sigpending rt_sigprocmask rt_sigreturn sched_setscheduler sched_yield select sendfile sendmsg
sendto setitimer setpgid setpriority setreuid setrlimit setsockopt shmat shutdown sigaltstack splice
stat statx symlink sysinfo tee tgkill timer_create timer_delete times tkill truncate umask uname
unlink unlinkat utimensat wait4 waitid
""".split()
"""Calls of the programs that come as bare numbers."""

UNSENT = {"fchdir"}
"""Calls whose points the runtime lists, but from which no message ever comes."""


class Rule(NamedTuple):
    """One difference, levelled in the lines of strace or of the sandbox."""

    reason: str
    pattern: str
    replacement: str


RAW = "|".join(RAW_CALLS)
VECTORS = "readv|preadv|preadv2|writev|pwritev|pwritev2"
FD_PATH = r"<(?:[^<>\\]|\\.)*>"

STRACE_RULES = [
    Rule(
        "strace explains values that it does not know, and the result of PR_GET_DUMPABLE",
        r" (/\* \w+_\?\?\? \*/|\(SUID_DUMP_USER\))",
        "",
    ),
    Rule(
        "data is never sent",
        r'^(read|pread64|write|pwrite64)(\(\d+<[^>]*>, )(?:".*?"|0x\w+)(?=, \d)',
        r"\1\2...",
    ),
    Rule(
        "of vectors, the number of bytes is sent instead of their own number",
        rf"^({VECTORS})(\(\d+<[^>]*>, )(?:\[.*\]|0x1000), \d",
        r"\1\2[VECTORS], ...",
    ),
    Rule(
        "what cannot be read is not sent",
        r"^(connect\(.*, |open\(|chdir\(|prlimit64\(.*, |timerfd_settime\(.*, )"
        r"0x1000(?:, (?:16|NULL))?(?=[,)])",
        r"\1UNREADABLE",
    ),
    Rule(
        "a message whose text is no UTF-8 never comes, and is not counted as dropped",
        r'^execveat\(AT_FDCWD<[^>]*>, "/nowhere/\\377program".*\n',
        "",
    ),
    Rule(
        "addresses are short, and their length is not sent: IPv4",
        r'\{sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)\}, \d+',
        r"{AF_INET, \2:\1}",
    ),
    Rule(
        "the same: IPv6; flow information and scope show where they are not 0",
        r"\{sa_family=AF_INET6, sin6_port=htons\((\d+)\), sin6_flowinfo=htonl\(0\), "
        r'inet_pton\(AF_INET6, "([^"]+)", &sin6_addr\), sin6_scope_id=0\}, (?:\d+|\[\d+\])(?=[,)])',
        r"{AF_INET6, [\2]:\1}",
    ),
    Rule(
        "the same: Unix sockets",
        r'\{sa_family=AF_UNIX, sun_path=(@?"[^"]*")\}, \d+',
        r"{AF_UNIX, \1}",
    ),
    Rule(
        "the same: Unix sockets without a name",
        r"\{sa_family=AF_UNIX\}, \[\d+ => \d+\]",
        "{AF_UNIX}",
    ),
    Rule(
        "the same: netlink",
        r"\{sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000\}, \d+",
        "{AF_NETLINK, pid=0, groups=0x00000000}",
    ),
    Rule(
        "an address too short to have a family shows in hex",
        r"^(connect\(\d+<[^>]*>, )0x\w{12}, 1\)",
        r"\g<1>0x02)",
    ),
    Rule(
        "an address too short for its family shows in hex",
        r'\{sa_family=AF_INET, sa_data="\\0\\1"\}, 4',
        "{AF_INET, 0x0001}",
    ),
    Rule("the sandbox does not say which folder AT_FDCWD is", r"AT_FDCWD<[^>]*>", "AT_FDCWD"),
    Rule("raw calls know no paths", rf"^({RAW})\((\d+){FD_PATH}", r"\1(\2"),
    Rule(
        "the path of a new descriptor is known where the call names one",
        rf"^((?:socket|accept4?|eventfd2?|signalfd4?|timerfd_create|inotify_init1?|epoll_create1)\(.* = \d+)"
        rf"{FD_PATH}$",
        r"\1",
    ),
    Rule(
        "the same for pairs of descriptors",
        rf"\[(\d+){FD_PATH}, (\d+){FD_PATH}\]",
        r"[\1, \2]",
    ),
    Rule("the size of a signal mask is not sent", r"^(signalfd4?\(-1, \[.*\]), 8(?=[,)])", r"\1"),
    Rule(
        "what a call fills in is not known where it failed",
        r"^(pipe2\(|prlimit64\(0, 0x63, NULL, |socketpair\(.*, 7, |timerfd_gettime\(-1, |"
        r"accept4\(99, )(?:0x\w+|NULL, NULL)",
        r"\1...",
    ),
    Rule("of clone, where the child's id goes is not sent", r", child_tidptr=0x\w+", ""),
    Rule("where the environment lies is not sent", r"0x\w+ (/\* \d+ vars? \*/)", r"0x0 \1"),
    Rule(
        "raw calls show where their strings and structures lie",
        r'^(access|mkdirat|unlinkat|getrandom|unlink)(\((?:AT_FDCWD, )?)".*?"(?=[,)])',
        r"\1\2POINTER",
    ),
    Rule(
        "the same",
        r"^(rt_sigprocmask\(SIG_BLOCK, |setsockopt\(.*)\[.*\](?=, )",
        r"\1POINTER",
    ),
    Rule(
        "the same",
        r"^(epoll_ctl\(.*, |rt_sigaction\(\w+, |setitimer\(\w+, |nanosleep\()\{.*\}(?=[,)])",
        r"\1POINTER",
    ),
    Rule("the same", r"^(getsockname\(\d+, )\{.*\}\)", r"\1POINTER, POINTER)"),
    Rule(
        "what is restored behind a signal's handler, the result of the call too, is not sent",
        r"^rt_sigreturn\(\{mask=\[\]\}\) = .*",
        "rt_sigreturn() = 0",
    ),
]

SANDBOX_RULES = [
    Rule(
        "of vectors, the number of bytes is sent instead of their own number",
        r"\[(?:/\* \d+ bytes \*/|\.\.\.)\], \.\.\.",
        "[VECTORS], ...",
    ),
    Rule(
        "whether there was anything is not known where it could not be read",
        r"^((?:connect|open|chdir|prlimit64|timerfd_settime)\(.*?)\.\.\.(?:, \.\.\.)?"
        r"(?=.* = -1 EFAULT)",
        r"\1UNREADABLE",
    ),
    Rule(
        "the runtime reads the watch from the wrong argument",
        r"^(inotify_rm_watch\(\d+<[^>]*>, )-?\d+",
        r"\g<1>77",
    ),
]

COMMON_RULES = [
    Rule("kernels number sockets and pipes differently", r"(socket|pipe):\[\d+\]", r"\1"),
    Rule("kernels name inotify differently", r"anon_inode:(inotify|\[inotifyfd:\d+\])", "inotify"),
    Rule("addresses differ from run to run", r"(\btls=|^brk.* = )0x\w+", r"\1POINTER"),
    Rule("the same", r"\b0x(?:[0-9a-f]{6}|[0-9a-f]{12})\b", "POINTER"),
    Rule("process ids differ", r"^((?:clone|v?fork).* = |wait4\()\d+", r"\1PID"),
    Rule("process ids differ", r"(^wait4.* = |parent_tid=\[)\d+", r"\1PID"),
    Rule("ports are picked by the kernel", r"(\[::1\]:)\d{4,5}", r"\1PORT"),
]


def levelled(lines: list[str], rules: list[Rule]) -> list[str]:
    """The lines after the rules have been applied to them, in order; each must be of use."""
    text = "\n".join(lines)
    for rule in rules:
        text, times = re.subn(rule.pattern, rule.replacement, text, flags=re.MULTILINE)
        assert times, f"no line needs the rule {rule.reason!r}: {rule.pattern}"
    return text.splitlines()


LOADING = "|".join(("ENOENT", "EACCES", "ENOEXEC", "ELOOP", "ENOTDIR"))
"""Errors of loading a program."""

EARLY_EXIT_RULES = [
    Rule(
        "gVisor of 2026 sends the exit of execve before it loads the program, with result 0; here "
        "sentry/execve is off, so nothing tells what became of it",
        rf"^(execve(?:at)?\(.*\)) = (?:-1 (?:{LOADING}) \([^)]*\)|\? \(asked\))$",
        r"\1 = LOADED LATER",
    ),
]
"""For a runsc whose exit of execve tells nothing, on both sides."""
