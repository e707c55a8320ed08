"""Process APIs: own the truth about every entry and its posting."""
