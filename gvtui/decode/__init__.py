"""Numbers into names: flags, errno, addresses; one readable line for each message."""
