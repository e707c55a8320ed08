"""The replay centre of the workbench: see what would be sent, have it sent, watch it."""
