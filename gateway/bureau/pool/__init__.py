"""The expert pool (专家库): listed, kept, imported, committed to version by version."""
