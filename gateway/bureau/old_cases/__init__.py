"""The archive of closed paper cases (纸质旧案): imported, listed, found, read."""
