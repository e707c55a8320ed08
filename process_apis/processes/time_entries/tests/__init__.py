"""Tests of `time_entries` without anything around it."""
