"""Tools of the house that `make` runs; no part of the distribution."""
