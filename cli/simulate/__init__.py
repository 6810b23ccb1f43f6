"""A year of delegations played into a registry's data folder: `run.into`; docs/simulation.md says what is real."""
