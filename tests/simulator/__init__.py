"""A federation in memory with its own clock, told as stories: home, hosts, provinces and registry by one rule book."""
