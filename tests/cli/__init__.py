"""The command, as an operator types it."""
