"""Replay: what a person has judged and sent again, by scope, after seeing exactly what it is."""
