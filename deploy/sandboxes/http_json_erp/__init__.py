"""A stand-in for an ERP with a REST endpoint of its own; fast, and out of order on demand.

It is made up. It keeps every line it is given and every call it got, so that tests and benchmarks
can ask what really arrived.
"""
