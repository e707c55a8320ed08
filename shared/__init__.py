"""What at least two tiers use today; no business nouns, no loose modules."""
