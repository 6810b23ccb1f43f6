"""`python -m cli`: the same as `xieban`."""

from cli.main import main

main()
