"""Tests over real TLS."""
