"""The draw of an appraisal's experts at a node: what the node does by itself, and what it fills in for its clerks."""
