"""A third-party OpenID provider (npm ``oidc-provider``) that runs for tests."""
