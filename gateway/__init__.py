"""HTTP faces of a node: forms and people, no rules."""
