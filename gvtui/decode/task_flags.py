"""Names of flags, commands and limits in calls on processes, resource limits, clocks and ptrace.

Sources: Linux include/uapi/linux/sched.h, wait.h, futex.h, prctl.h, time.h, timerfd.h, random.h,
ptrace.h, include/uapi/asm-generic/resource.h, arch/x86/include/uapi/asm/ptrace-abi.h and prctl.h,
arch/arm64/include/uapi/asm/ptrace.h.
"""

from __future__ import annotations

from gvtui.decode.flags import Flags, ValueSet, by_architecture
from gvtui.decode.signals import signal_name

CLONE_BITS = {
    "CLONE_VM": 0x100,
    "CLONE_FS": 0x200,
    "CLONE_FILES": 0x400,
    "CLONE_SIGHAND": 0x800,
    "CLONE_PIDFD": 0x1000,
    "CLONE_PTRACE": 0x2000,
    "CLONE_VFORK": 0x4000,
    "CLONE_PARENT": 0x8000,
    "CLONE_THREAD": 0x10000,
    "CLONE_NEWNS": 0x20000,
    "CLONE_SYSVSEM": 0x40000,
    "CLONE_SETTLS": 0x80000,
    "CLONE_PARENT_SETTID": 0x100000,
    "CLONE_CHILD_CLEARTID": 0x200000,
    "CLONE_DETACHED": 0x400000,
    "CLONE_UNTRACED": 0x800000,
    "CLONE_CHILD_SETTID": 0x1000000,
    "CLONE_NEWCGROUP": 0x2000000,
    "CLONE_NEWUTS": 0x4000000,
    "CLONE_NEWIPC": 0x8000000,
    "CLONE_NEWUSER": 0x10000000,
    "CLONE_NEWPID": 0x20000000,
    "CLONE_NEWNET": 0x40000000,
    "CLONE_IO": 0x80000000,
    "CLONE_CLEAR_SIGHAND": 0x100000000,
    "CLONE_INTO_CGROUP": 0x200000000,
}

_CLONE = Flags(CLONE_BITS, zero="", width=64)
NEW_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET of clone."""
UNSHARE = Flags({**CLONE_BITS, "CLONE_NEWTIME": 0x80})
"""Flags of unshare and setns, in which the low byte holds no signal (unlike clone's)."""

_EXIT_SIGNAL = 0xFF


def clone_flags(value: int) -> str:
    """Flags of clone; the low byte is the signal sent when the child ends."""
    names = _CLONE.text(value & ~_EXIT_SIGNAL)
    exit_signal = value & _EXIT_SIGNAL
    if not exit_signal:
        return names or "0"
    name = signal_name(exit_signal)
    return f"{names}|{name}" if names else name


WAIT_OPTIONS = Flags(
    {
        "WNOHANG": 1,
        "WSTOPPED": 2,
        "WEXITED": 4,
        "WCONTINUED": 8,
        "WNOWAIT": 0x1000000,
        "__WNOTHREAD": 0x20000000,
        "__WALL": 0x40000000,
        "__WCLONE": 0x80000000,
    }
)
WAIT_ID = ValueSet({0: "P_ALL", 1: "P_PID", 2: "P_PGID", 3: "P_PIDFD"})

RLIMIT = ValueSet(
    {
        0: "RLIMIT_CPU",
        1: "RLIMIT_FSIZE",
        2: "RLIMIT_DATA",
        3: "RLIMIT_STACK",
        4: "RLIMIT_CORE",
        5: "RLIMIT_RSS",
        6: "RLIMIT_NPROC",
        7: "RLIMIT_NOFILE",
        8: "RLIMIT_MEMLOCK",
        9: "RLIMIT_AS",
        10: "RLIMIT_LOCKS",
        11: "RLIMIT_SIGPENDING",
        12: "RLIMIT_MSGQUEUE",
        13: "RLIMIT_NICE",
        14: "RLIMIT_RTPRIO",
        15: "RLIMIT_RTTIME",
    }
)

_RLIM_INFINITY = (1 << 64) - 1


def rlimit_value(value: int) -> str:
    """One limit as strace writes it: `RLIM64_INFINITY`, `8192*1024`, `1024`."""
    if value == _RLIM_INFINITY:
        return "RLIM64_INFINITY"
    return f"{value // 1024}*1024" if value > 1024 and value % 1024 == 0 else str(value)


_FUTEX_OPS = {
    0: "FUTEX_WAIT",
    1: "FUTEX_WAKE",
    2: "FUTEX_FD",
    3: "FUTEX_REQUEUE",
    4: "FUTEX_CMP_REQUEUE",
    5: "FUTEX_WAKE_OP",
    6: "FUTEX_LOCK_PI",
    7: "FUTEX_UNLOCK_PI",
    8: "FUTEX_TRYLOCK_PI",
    9: "FUTEX_WAIT_BITSET",
    10: "FUTEX_WAKE_BITSET",
    11: "FUTEX_WAIT_REQUEUE_PI",
    12: "FUTEX_CMP_REQUEUE_PI",
    13: "FUTEX_LOCK_PI2",
}
FUTEX_PRIVATE = 0x80
FUTEX_CLOCK_REALTIME = 0x100


def futex_operation(value: int) -> str:
    """`FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME`, as strace writes it."""
    value &= 0xFFFFFFFF
    command = value & ~(FUTEX_PRIVATE | FUTEX_CLOCK_REALTIME)
    name = _FUTEX_OPS.get(command, hex(command))
    if value & FUTEX_PRIVATE:
        name += "_PRIVATE" if command in _FUTEX_OPS else "|FUTEX_PRIVATE_FLAG"
    return f"{name}|FUTEX_CLOCK_REALTIME" if value & FUTEX_CLOCK_REALTIME else name


CLOCK = ValueSet(
    {
        0: "CLOCK_REALTIME",
        1: "CLOCK_MONOTONIC",
        2: "CLOCK_PROCESS_CPUTIME_ID",
        3: "CLOCK_THREAD_CPUTIME_ID",
        4: "CLOCK_MONOTONIC_RAW",
        5: "CLOCK_REALTIME_COARSE",
        6: "CLOCK_MONOTONIC_COARSE",
        7: "CLOCK_BOOTTIME",
        8: "CLOCK_REALTIME_ALARM",
        9: "CLOCK_BOOTTIME_ALARM",
        11: "CLOCK_TAI",
    }
)
ITIMER = ValueSet({0: "ITIMER_REAL", 1: "ITIMER_VIRTUAL", 2: "ITIMER_PROF"})
TIMERFD_CREATE = Flags({"TFD_CLOEXEC": 0o2000000, "TFD_NONBLOCK": 0o4000})
TIMERFD_SETTIME = Flags({"TFD_TIMER_ABSTIME": 1, "TFD_TIMER_CANCEL_ON_SET": 2})
TIMER_ABSTIME = Flags({"TIMER_ABSTIME": 1})
GETRANDOM = Flags({"GRND_NONBLOCK": 1, "GRND_RANDOM": 2, "GRND_INSECURE": 4})
SIGPROCMASK = ValueSet({0: "SIG_BLOCK", 1: "SIG_UNBLOCK", 2: "SIG_SETMASK"})
RUSAGE = ValueSet({0: "RUSAGE_SELF", 1: "RUSAGE_THREAD", 0xFFFFFFFF: "RUSAGE_CHILDREN"})
PRIO_WHICH = ValueSet({0: "PRIO_PROCESS", 1: "PRIO_PGRP", 2: "PRIO_USER"})
SCHED_POLICY = ValueSet(
    {
        0: "SCHED_OTHER",
        1: "SCHED_FIFO",
        2: "SCHED_RR",
        3: "SCHED_BATCH",
        5: "SCHED_IDLE",
        6: "SCHED_DEADLINE",
    }
)
RSEQ = Flags({"RSEQ_FLAG_UNREGISTER": 1})
SECCOMP = ValueSet(
    {
        0: "SECCOMP_SET_MODE_STRICT",
        1: "SECCOMP_SET_MODE_FILTER",
        2: "SECCOMP_GET_ACTION_AVAIL",
        3: "SECCOMP_GET_NOTIF_SIZES",
    }
)
ARCH_PRCTL = ValueSet(
    {
        0x1001: "ARCH_SET_GS",
        0x1002: "ARCH_SET_FS",
        0x1003: "ARCH_GET_FS",
        0x1004: "ARCH_GET_GS",
        0x1011: "ARCH_GET_CPUID",
        0x1012: "ARCH_SET_CPUID",
        0x5001: "ARCH_SHSTK_ENABLE",
        0x5002: "ARCH_SHSTK_DISABLE",
        0x5003: "ARCH_SHSTK_LOCK",
        0x5004: "ARCH_SHSTK_UNLOCK",
        0x5005: "ARCH_SHSTK_STATUS",
    }
)
PRCTL = ValueSet(
    {
        1: "PR_SET_PDEATHSIG",
        2: "PR_GET_PDEATHSIG",
        3: "PR_GET_DUMPABLE",
        4: "PR_SET_DUMPABLE",
        7: "PR_GET_KEEPCAPS",
        8: "PR_SET_KEEPCAPS",
        13: "PR_GET_TIMING",
        14: "PR_SET_TIMING",
        15: "PR_SET_NAME",
        16: "PR_GET_NAME",
        21: "PR_GET_SECCOMP",
        22: "PR_SET_SECCOMP",
        23: "PR_CAPBSET_READ",
        24: "PR_CAPBSET_DROP",
        27: "PR_GET_SECUREBITS",
        28: "PR_SET_SECUREBITS",
        29: "PR_SET_TIMERSLACK",
        30: "PR_GET_TIMERSLACK",
        35: "PR_SET_MM",
        36: "PR_SET_CHILD_SUBREAPER",
        37: "PR_GET_CHILD_SUBREAPER",
        38: "PR_SET_NO_NEW_PRIVS",
        39: "PR_GET_NO_NEW_PRIVS",
        40: "PR_GET_TID_ADDRESS",
        41: "PR_SET_THP_DISABLE",
        42: "PR_GET_THP_DISABLE",
        47: "PR_CAP_AMBIENT",
        52: "PR_GET_SPECULATION_CTRL",
        53: "PR_SET_SPECULATION_CTRL",
        0x53564D41: "PR_SET_VMA",
        0x59616D61: "PR_SET_PTRACER",
    }
)

_PTRACE_COMMON = {
    0: "PTRACE_TRACEME",
    1: "PTRACE_PEEKTEXT",
    2: "PTRACE_PEEKDATA",
    3: "PTRACE_PEEKUSER",
    4: "PTRACE_POKETEXT",
    5: "PTRACE_POKEDATA",
    6: "PTRACE_POKEUSER",
    7: "PTRACE_CONT",
    8: "PTRACE_KILL",
    9: "PTRACE_SINGLESTEP",
    16: "PTRACE_ATTACH",
    17: "PTRACE_DETACH",
    24: "PTRACE_SYSCALL",
    31: "PTRACE_SYSEMU",
    32: "PTRACE_SYSEMU_SINGLESTEP",
    0x4200: "PTRACE_SETOPTIONS",
    0x4201: "PTRACE_GETEVENTMSG",
    0x4202: "PTRACE_GETSIGINFO",
    0x4203: "PTRACE_SETSIGINFO",
    0x4204: "PTRACE_GETREGSET",
    0x4205: "PTRACE_SETREGSET",
    0x4206: "PTRACE_SEIZE",
    0x4207: "PTRACE_INTERRUPT",
    0x4208: "PTRACE_LISTEN",
    0x4209: "PTRACE_PEEKSIGINFO",
    0x420A: "PTRACE_GETSIGMASK",
    0x420B: "PTRACE_SETSIGMASK",
    0x420C: "PTRACE_SECCOMP_GET_FILTER",
    0x420D: "PTRACE_SECCOMP_GET_METADATA",
    0x420E: "PTRACE_GET_SYSCALL_INFO",
    0x420F: "PTRACE_GET_RSEQ_CONFIGURATION",
}
PTRACE = by_architecture(
    ValueSet(
        {
            **_PTRACE_COMMON,
            12: "PTRACE_GETREGS",
            13: "PTRACE_SETREGS",
            14: "PTRACE_GETFPREGS",
            15: "PTRACE_SETFPREGS",
            18: "PTRACE_GETFPXREGS",
            19: "PTRACE_SETFPXREGS",
            21: "PTRACE_OLDSETOPTIONS",
            25: "PTRACE_GET_THREAD_AREA",
            26: "PTRACE_SET_THREAD_AREA",
            30: "PTRACE_ARCH_PRCTL",
            33: "PTRACE_SINGLEBLOCK",
        },
        bits=64,
    ),
    ValueSet({**_PTRACE_COMMON, 33: "PTRACE_PEEKMTETAGS", 34: "PTRACE_POKEMTETAGS"}, bits=64),
)
"""Requests of ptrace, by architecture."""
