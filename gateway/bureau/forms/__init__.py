"""Forms as data: what a form asks, what somebody typed, and what was wrong with it."""
