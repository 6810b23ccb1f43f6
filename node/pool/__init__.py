"""The expert pool of an appraisal unit: kept, imported, committed to version by version, and drawn from."""
