"""What a kind of platform can do for Timepost, each as a contract."""
