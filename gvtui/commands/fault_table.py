"""What happens at each fault from outside: one table, for the help and for the tests that play them."""

from __future__ import annotations

from textwrap import wrap
from typing import NamedTuple

from gvtui.words import upper_first


class Played(NamedTuple):
    """A fault, and what becomes of the work."""

    fault: str
    then: str
    code: str
    """The exit code that tells of it."""
    test: str
    """The test that plays it: file and function."""


FAULTS = (
    Played(
        "the disk of a recording is full",
        "Sandboxes go on, what they send is counted as lost. When there is room again, a line in the "
        "recording says how many messages were lost, why, and from when to when.",
        "1",
        "tests/e2e/test_faults.py::test_a_recording_on_a_full_disk",
    ),
    Played(
        "the disk of a live view is full",
        "The oldest goes and the new is kept: the screen goes on.",
        "1 if messages were lost",
        "tests/e2e/test_faults.py::test_a_live_view_on_a_full_disk",
    ),
    Played(
        "a disk that is full and has room in turns",
        "Told once, until it has been calm for 5 s; each gap has its line.",
        "1",
        "tests/monitor/test_ledger.py::test_faults_that_come_and_go_are_told_once",
    ),
    Played(
        "there are no descriptors for a new segment",
        "Two are held for it: a live view keeps to --keep.",
        "0",
        "tests/trace/test_flight.py::test_without_descriptors_it_keeps_to_its_disk",
    ),
    Played(
        "a segment cannot be compressed",
        "Told once; the segment stays plain, and nothing is missing. On a disk without room nothing "
        "is begun.",
        "0",
        "tests/trace/test_shrinking.py::test_what_goes_wrong_is_told_once_and_leaves_the_segment_plain",
    ),
    Played(
        "the process that compresses, or the one that keeps what quiet sandboxes sent, is killed",
        "Told, on the screen and by gvtui status, until another one runs: after 2 s, after twice as "
        "long each time where it ends again, after a minute at most. No message is lost; until then "
        "segments stay plain, and the oldest go whole. A segment at which it ends twice stays plain.",
        "0",
        "tests/monitor/test_main.py::test_a_helper_that_is_killed_is_told_and_started_again",
    ),
    Played(
        "a monitor ends before all segments are compressed",
        "The next one that writes to the same folder compresses them when a processor is idle: the "
        "complete ones that belong to it, and that nobody has locked.",
        "0",
        "tests/monitor/test_former.py::test_the_next_monitor_compresses_what_a_killed_one_left",
    ),
    Played(
        "the recording, or its folder, is removed",
        "Noticed within a second and said; it goes on in a new file, made in the same place; what "
        "was lost is counted.",
        "1",
        "tests/e2e/test_faults.py::test_a_recording_that_is_removed",
    ),
    Played(
        "the recording is moved away",
        "It stays whole, and goes on in a new file of the old name.",
        "0",
        "tests/monitor/test_house.py::test_a_recording_that_is_moved_away_is_whole_and_a_new_one_begins",
    ),
    Played(
        "the folder of a live view is removed",
        "It is made again, and the screen shows what comes from then on.",
        "1",
        "tests/monitor/test_house.py::test_a_flight_recorder_s_folder_is_made_and_guarded_anew",
    ),
    Played(
        "index or strings of a recording are removed while it is written",
        "Nothing is lost: they are made again when the recording is opened next.",
        "0",
        "tests/monitor/test_house.py::test_a_side_file_that_is_removed_costs_nothing_and_is_told_once",
    ),
    Played(
        "index or strings are removed, or cut, in the folder of a live view",
        "They are made again from its logs.",
        "0",
        "tests/trace/test_mending.py::test_what_is_missing_is_made_again",
    ),
    Played(
        "the socket, or its folder, is removed",
        "Noticed within a second and said; it is made anew. Sandboxes that are connected notice "
        "nothing.",
        "1",
        "tests/e2e/test_faults.py::test_a_socket_that_is_removed",
    ),
    Played(
        "two programs start on one stale socket",
        "One listens, the other says that the socket is taken.",
        "1 for the other",
        "tests/monitor/test_listener.py::test_of_several_starts_on_a_stale_socket_one_listens",
    ),
    Played(
        "the viewer is killed",
        "The monitor ends in order. What was seen is kept; the next viewer offers it: B opens, saves "
        "or deletes it.",
        "137",
        "tests/e2e/test_faults.py::test_what_a_killed_viewer_has_seen_is_offered",
    ),
    Played(
        "viewer and monitor are killed",
        "As before: all that was logged is there, to the last record.",
        "137",
        "tests/trace/test_mending.py::test_all_that_was_logged_before_the_kill_is_shown",
    ),
    Played(
        "the terminal closes, or SIGTERM or SIGHUP ends the viewer",
        "It leaves in order; what was seen is kept.",
        "129, 143, or 1",
        "tests/e2e/test_faults.py::test_what_was_seen_is_kept_when_a_signal_ends_the_viewer",
    ),
    Played(
        "the monitor is killed",
        "The viewer says so, keeps what came and starts another: R. Commands end.",
        "1",
        "tests/commands/test_watching.py::test_a_monitor_that_dies",
    ),
    Played(
        "an attached viewer is killed, stopped, or leaves",
        "The monitor goes on, and no message is lost.",
        "0",
        "tests/commands/test_monitor.py::test_viewers_come_and_go_and_cost_no_message",
    ),
    Played(
        "an attached viewer does not read what it is told",
        "Nobody waits for it: only its own log lacks what it missed.",
        "0",
        "tests/monitor/test_station.py::test_nobody_waits_for_a_viewer_that_does_not_read",
    ),
    Played(
        "an attached viewer sends what makes no sense",
        "It is left out, and the monitor goes on.",
        "0",
        "tests/monitor/test_station.py::test_what_strangers_write_does_no_harm",
    ),
    Played(
        "the socket where viewers attach is removed",
        "It is made anew within a second. Viewers that are attached notice nothing.",
        "0",
        "tests/monitor/test_station.py::test_the_socket_is_made_anew",
    ),
    Played(
        "something else stands where viewers attach",
        "It is left alone, and told once. Nobody can attach until it is gone; the monitor receives "
        "all the while.",
        "0",
        "tests/commands/test_supervising.py::test_what_stands_where_viewers_attach_is_told_once",
    ),
    Played(
        "the command monitor is killed",
        "All that was logged is in its trace, to the last record.",
        "137",
        "tests/e2e/test_attach.py::test_a_killed_monitor_leaves_an_exact_prefix",
    ),
    Played(
        "the service monitor is stopped, killed or replaced while systemd keeps its descriptors",
        "The next one goes on with all connections, in a trace that says so: what nobody read waits "
        "in the sockets, and what the sandboxes dropped meanwhile is told. Of one that was killed "
        "messages of its last turn may be missing, up to 1,024 of one connection, and so may a "
        "connection that was made in that moment; nothing tells whether any are.",
        "0",
        "tests/e2e/test_succeeding.py::test_a_sandbox_outlives_its_monitors",
    ),
    Played(
        "the monitor is stopped or stuck",
        "An alarm after 4 s, with the process and what to do; the time is marked in the recording.",
        "0",
        "tests/e2e/test_faults.py::test_a_monitor_that_is_stopped",
    ),
    Played(
        "leaving under full load",
        "What was sent before is taken for 3 s at most; bytes that were not are told. A monitor that "
        "does not end within 10 s is killed, and that is told.",
        "1 if anything was lost",
        "tests/monitor/test_server.py::test_the_end_under_load_is_bounded_and_what_was_not_taken_is_told",
    ),
    Played(
        "the command record cannot keep pace with its monitor",
        "It ends in time, and its numbers are right.",
        "0",
        "tests/commands/test_record.py::"
        "test_numbers_are_right_and_the_end_in_time_where_reading_is_far_behind",
    ),
    Played(
        "the clock of the machine is set",
        "The order stays that of receipt; a line in the recording says by how much.",
        "0",
        "tests/monitor/test_house.py::test_steps_of_the_clock_and_standing_still_are_marked",
    ),
    Played(
        "the viewer is stopped by Ctrl+Z and goes on",
        "The monitor receives all the while; nothing is lost.",
        "0",
        "tests/e2e/test_terminal.py::test_ctrl_z_stops_the_viewer_and_no_sandbox",
    ),
    Played(
        "the terminal changes its size a thousand times",
        "The screen is as it was.",
        "0",
        "tests/e2e/test_faults.py::test_a_thousand_sizes_of_the_terminal",
    ),
    Played(
        "runsc hangs, or prints without end",
        "It is stopped, and told with what it did; nothing waits for it for more than 5 s.",
        "0",
        "tests/agent/test_runsc.py::test_a_program_that_prints_without_end_is_stopped",
    ),
    Played(
        "runsc prints what makes no sense",
        "A sentence says so; other sandboxes are shown.",
        "0",
        "tests/agent/test_discover.py::test_one_sandbox_that_does_not_answer_hides_no_other",
    ),
    Played(
        "gvtui is killed while it writes a file",
        "The old file is as it was; what was left is removed at the next start.",
        "137",
        "tests/test_files.py::test_what_a_killed_writer_left_goes_with_the_next_file",
    ),
    Played(
        "gvtui is killed while it has temporary folders",
        "They are removed at the next start.",
        "137",
        "tests/test_scratch.py::test_what_a_killed_owner_left_goes_with_the_next_start",
    ),
    Played(
        "a recording is cut while it is read",
        "What can be read is read, and what cannot is told.",
        "1",
        "tests/trace/test_window.py::test_a_file_that_is_cut_meanwhile_ends_early",
    ),
)
"""Faults that were played, in the order in which the help lists them."""

_INDENT = 4


def explain(width: int = 100) -> str:
    """What `gvtui help faults` prints.

    Args:
        width: columns of the terminal.
    """
    lines = [
        *wrap(
            "What becomes of the work when something around gvtui fails. Each of these is played by a "
            "test.",
            width,
        ),
    ]
    for each in FAULTS:
        lines += ["", upper_first(each.fault)]
        lines += [" " * _INDENT + line for line in wrap(each.then, width - _INDENT)]
        lines.append(f"{' ' * _INDENT}Exit code: {each.code}.")
    return "\n".join(lines) + "\n"
