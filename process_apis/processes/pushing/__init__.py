"""Gives trackers the clients, projects and tasks of an ERP, so that people book on what exists."""
