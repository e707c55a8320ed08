"""Watching: what does not come is noticed, and told to an operator."""
