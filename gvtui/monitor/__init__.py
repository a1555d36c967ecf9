"""The monitor: takes in what sandboxes send and feeds the trace; a process of its own."""
