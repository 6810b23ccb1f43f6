"""Routes, a small file a subject; each turns a request into one call of the node's desk and its view into an answer."""
