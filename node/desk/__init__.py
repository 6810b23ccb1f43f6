"""What staff and business systems may do at a node: use cases over drafts, moves, lists, accounts. No web here."""
