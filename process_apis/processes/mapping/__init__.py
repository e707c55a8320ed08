"""Mappings: which task, billing code and activity the ERP's line of an entry has."""
