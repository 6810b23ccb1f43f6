"""The command `xieban`."""
