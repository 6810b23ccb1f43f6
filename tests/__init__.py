"""Tests; the folders mirror the packages. Full-size trials are in `trials`."""
