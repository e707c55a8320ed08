"""Exception cases: whatever is wrong, in front of the person who can mend it."""
