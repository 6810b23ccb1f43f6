"""Pages of an appraisal beside its case page: the draw, the calendar, a second delegation from the first."""
