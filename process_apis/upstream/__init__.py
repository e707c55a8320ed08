"""What this tier reads of the contracts below it: only the fields that it uses."""
