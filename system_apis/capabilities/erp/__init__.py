"""Capability `erp`: post hours, look them up, read them back, read master data."""
