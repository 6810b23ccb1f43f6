"""Forms that come in and answers that go out: the JSON of the HTTP face."""
