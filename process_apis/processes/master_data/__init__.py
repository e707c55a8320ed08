"""Master data: canonical records, and the bindings from external ids to them."""
