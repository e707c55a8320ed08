"""What `timepost connectors new` starts a connector from: one folder for each capability.

They are code like any other, so style and types are checked here, once. Where `Nameless` stands,
the product's name will. What only the author of a connector can know raises NotImplementedError
with what to write, and is a fault to the conformance suite until it is written.
"""
