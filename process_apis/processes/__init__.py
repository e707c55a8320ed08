"""The processes, in layers without circles; see `.importlinter`."""
