"""The parts of `node.verify`."""
