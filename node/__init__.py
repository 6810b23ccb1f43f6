"""One bureau: its cases, outbox, inbox and keys."""
