"""Whole federations of processes, and small runs of the trials."""
