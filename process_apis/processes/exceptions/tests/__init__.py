"""Tests of `exceptions` without anything around it."""
