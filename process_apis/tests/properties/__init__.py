"""Random histories against a model ERP: the invariants of the sub-ledger."""
