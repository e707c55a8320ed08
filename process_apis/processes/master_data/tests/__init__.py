"""Tests of `master_data` without anything around it."""
