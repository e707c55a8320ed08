"""System APIs: one stateless wrapper over each external platform."""
