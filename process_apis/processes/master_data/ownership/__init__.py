"""Who owns which attribute, what survives where systems disagree, and what people decide."""
