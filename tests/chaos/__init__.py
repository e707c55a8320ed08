"""Faults, deaths, restarts, at random and at every named step; then the ERPs' rows are counted."""
