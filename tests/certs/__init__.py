"""Tests of `certs`."""
