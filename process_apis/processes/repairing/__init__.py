"""Brings copies of masters in line with what their owner says, in the systems that have them."""
