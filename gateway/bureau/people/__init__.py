"""Pages about people: accounts, deputies, handing over and on, who looked at what, requests about own data."""
