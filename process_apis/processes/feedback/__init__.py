"""Feedback: the consultant sees in the tracker what became of an entry."""
