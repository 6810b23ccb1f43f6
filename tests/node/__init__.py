"""Tests of the node: its own rooms, and whole nodes at a real registry on loopback."""
