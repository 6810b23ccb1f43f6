"""`xieban demo`: a federation on this machine, and the sample case played in it through the bureaus' HTTP APIs."""
