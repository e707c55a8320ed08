"""Status: how much stands where, over all processes; what operators and the demo look at."""
