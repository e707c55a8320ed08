"""Stand-ins for vendors' platforms: they speak the wire format and misbehave on demand.

They are for development, the demo and tests; none of them is certified by its vendor.
"""
