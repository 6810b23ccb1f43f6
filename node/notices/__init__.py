"""How others learn that something changed: a feed that can be read on from any place, webhooks, mail."""
