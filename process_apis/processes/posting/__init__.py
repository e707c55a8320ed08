"""Posting: the sub-ledger, from approved version to line in the ERP."""
