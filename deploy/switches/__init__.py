"""`timepost connections state`, `pause`, `drain`, `resume`: the switch of each connection."""
