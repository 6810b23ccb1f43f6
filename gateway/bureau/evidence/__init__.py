"""Evidence: files brought in, described, looked at, redacted, and their checks of form."""
