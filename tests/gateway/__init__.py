"""Tests of the HTTP face: before a node in memory that behaves, and before real ones."""
