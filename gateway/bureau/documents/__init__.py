"""Papers of a case: chosen by what happened, written from templates, pressed into PDF by a process for each."""
