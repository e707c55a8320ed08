"""Lineage: every step in the life of an entry, append-only, from webhook to ERP line."""
