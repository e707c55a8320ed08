"""What runs Timepost: command line, local runner, sandboxes, the demo ERP."""
