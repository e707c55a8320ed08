"""Four weeks in the life of the demo firm, with everything that goes wrong in them."""
