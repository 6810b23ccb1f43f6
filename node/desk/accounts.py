"""Being written by the ACCOUNTS helper right now (accounts, verify, doctor); do not write this file."""
