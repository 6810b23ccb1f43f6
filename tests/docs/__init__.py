"""Documents that are made from the program, or that the program must keep true."""
