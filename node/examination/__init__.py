"""The parts of `node.doctor`."""
