"""Random input for everything that reads bytes of strangers: `make fuzz SECONDS=60`."""
