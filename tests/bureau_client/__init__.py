"""The typed client of a bureau's interface."""
