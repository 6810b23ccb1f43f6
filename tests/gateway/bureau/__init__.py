"""The desk's pages before a fake node."""
