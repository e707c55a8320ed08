"""Tests of `posting` without anything around it."""
