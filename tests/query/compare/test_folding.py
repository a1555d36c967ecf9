import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.compare.folding import RULES, RunNames, ThingFolding, has_any_port, random_ends


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("/usr/bin/cat, by sh (pid 12)", "/usr/bin/cat, by sh"),
        ("/proc/12/status", "/proc/PID/status"),
        ("/proc/12/task/13/comm", "/proc/PID/task/TID/comm"),
        ("/proc/self/task/13/comm", "/proc/self/task/TID/comm"),
        ("/proc/12.5", "/proc/12.5"),
        ("ptrace(PTRACE_ATTACH, 12)", "ptrace(PTRACE_ATTACH, PID)"),
        ("/bin/kill -9 12", "/bin/kill -9 PID"),
        ("head -n 12", "head -n 12"),
        ("/tmp/tmp.aB3dEf6HiJ", "/tmp/tmp.??????????"),
        ("cat /srv/tmp.aB3dEf6HiJ", "cat /srv/tmp.??????????"),
        ("/tmp/tmpabcdefgh/x", "/tmp/tmp????????/x"),
        ("/srv/tmpabcdefgh", "/srv/tmpabcdefgh"),
        ("/tmp/ccAbC123.o", "/tmp/cc??????.o"),
        ("/var/tmp/job.aB3dE6", "/var/tmp/job.??????"),
        ("cat /dev/shm/job-aB3dE6 x", "cat /dev/shm/job-?????? x"),
        ("/tmp/app.config", "/tmp/app.config"),
        ("/srv/job.aB3dE6", "/srv/job.aB3dE6"),
        ("/tmp/work.7/out", "/tmp/work.PID/out"),
        ("/tmp/work.8/out", "/tmp/work.8/out"),
        ("/srv/work.7/out", "/srv/work.7/out"),
        ("/srv/0123abcd9", "/srv/HEX"),
        ("/srv/deadbeef", "/srv/deadbeef"),
        ("/srv/12345678-1234-1234-1234-123456789abc/a", "/srv/HEX/a"),
        ("/var/log/app-2026-11-27.log", "/var/log/app-TIME.log"),
        ("/var/log/app.1764234000", "/var/log/app.TIME"),
        ("head -c 1073741824", "head -c 1073741824"),
        ("ioctl 127.0.0.1:25367->127.0.0.1:8080", "ioctl 127.0.0.1:PORT->127.0.0.1:8080"),
        ("127.0.0.1:25367", "127.0.0.1:25367"),
        ("lseek socket:[12]", "lseek socket:[N]"),
        ("/dev/pts/3", "/dev/pts/N"),
        (f"/x, from NEW, sha256 {'0a' * 32}, by sh", f"/x, from NEW, sha256 {'0a' * 32}, by sh"),
        (
            "shell on a socket 10.0.0.2:25367 ⇄ 10.0.0.9:4444, by sh",
            "shell on a socket 10.0.0.2:PORT ⇄ 10.0.0.9:4444, by sh",
        ),
        (
            "shell on a socket 10.0.0.2:4444 ⇄ 10.0.0.9:40001",
            "shell on a socket 10.0.0.2:4444 ⇄ 10.0.0.9:PORT",
        ),
        ("shell on a socket ?:1 ⇄ 10.0.0.9:443", "shell on a socket ?:1 ⇄ 10.0.0.9:443"),
    ],
)
def test_what_differs_from_run_to_run_is_folded_and_nothing_else(text: str, folded: str) -> None:
    folding = ThingFolding(RunNames(frozenset({7})))
    assert folding.fold(text) == folded
    assert bool(folding.used) == (text != folded)


def test_loopback_ports_are_folded_only_where_a_socket_listened_on_any() -> None:
    folding = ThingFolding(RunNames(has_any_port=True))
    assert folding.fold("127.0.0.1:25367") == "127.0.0.1:PORT"
    assert folding.fold("[::1]:25367") == "[::1]:PORT"
    assert folding.fold("127.0.0.1:8080") == "127.0.0.1:8080"
    assert folding.fold("10.0.0.9:25367") == "10.0.0.9:25367"


def test_an_end_that_looks_like_a_word_is_folded_if_others_of_its_name_are_random() -> None:
    ends = random_ends(["cat /tmp/job.aB3dE6 x", "/srv/other.aB3dE6", "/tmp/app.config"])
    assert ends == {("job.", 6)}
    folding = ThingFolding(RunNames(random_ends=ends))
    assert (
        folding.fold("rm /tmp/job.ulopzk /tmp/app.config") == "rm /tmp/job.?????? /tmp/app.config"
    )
    assert folding.fold("/tmp/job.finished") == "/tmp/job.finished"
    assert folding.fold("/tmp/x/job.XQHCCX.txt") == "/tmp/x/job.??????.txt"


def test_a_listener_on_any_port_is_known() -> None:
    assert has_any_port(["127.0.0.1:0"])
    assert not has_any_port(["127.0.0.1:80", "/run/x.sock", "@abstract", "(address not told)"])


def test_each_rule_says_what_it_folds() -> None:
    assert all(rule.words and rule.words == rule.words.strip() for rule in RULES)
    assert len({rule.words for rule in RULES}) == len(RULES)


@given(st.text(max_size=300))
def test_any_text_can_be_folded_and_folding_again_changes_nothing_of_ids(text: str) -> None:
    folding = ThingFolding(RunNames(frozenset({1, 2}), has_any_port=True))
    assert isinstance(folding.fold(text), str)
    assert folding.fold(text) == folding.fold(text)


def test_a_long_text_takes_no_longer_and_keeps_its_rest() -> None:
    text = "/tmp/" + "a0" * 100_000
    assert ThingFolding(RunNames()).fold(text).endswith("a0" * 90_000)
