"""一窗受理: the form of a letter, and a draft's life until it is issued."""
