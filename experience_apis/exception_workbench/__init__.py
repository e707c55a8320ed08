"""Workbench v1: the exception cases as a finance team works on them."""
