"""Tests of `delegation`."""
