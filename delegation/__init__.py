"""The rule book: pure data and functions. No network, database, web or clock."""
