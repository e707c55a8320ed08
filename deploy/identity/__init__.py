"""The development authorization server: real OAuth 2 for a machine without a provider."""
