"""Benchmarks: how fast the whole product is, as a ratio of what this machine can do at all.

`make bench` runs them. Absolute figures of a shared machine say little; the ratio to a ceiling
measured in the same run says more.
"""
