"""Two made-up products, discovered like real connectors (`connector_packages`)."""
