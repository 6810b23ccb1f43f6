"""A typed client of a bureau's HTTP interface, for the systems that a bureau already has.

It needs httpx and nothing else of ours: the folder may be copied as it is. `shapes.py` and `api.py` are generated from
the OpenAPI document; `core.py` is written by hand.
"""
