"""Tests of the tools that `make` runs."""
