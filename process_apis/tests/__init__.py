"""Tests of the process tier against a real PostgreSQL and a stand-in of the system tier."""
