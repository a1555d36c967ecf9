"""What sandboxes did: programs, files, hosts, changes of rights; and what was not seen of it."""
