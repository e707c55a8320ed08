"""What an hour is worth: rate cards, the one rate that holds, and how amounts are rounded."""
