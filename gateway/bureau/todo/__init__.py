"""What waits, lists, search, alarms and notices: the desk's first pages."""
