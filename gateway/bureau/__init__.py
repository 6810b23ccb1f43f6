"""The bureau desk: pages for clerks, rendered here; read with JavaScript off, quicker with it."""
