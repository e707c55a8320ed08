"""What every connector has to be, whoever wrote it."""
