"""Measurements that are run by hand with `make bench`: each bench_*.py is a program that prints what it measured."""
