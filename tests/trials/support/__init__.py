"""What the small and the full-size runs of a trial share."""
