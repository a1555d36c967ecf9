"""The subcommands of `gvtui`, one module for each family."""
