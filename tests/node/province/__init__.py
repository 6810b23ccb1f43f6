"""A provincial office's node: its copy of the threads it may see, and the figures made of them."""
