"""What the service counts: each report says what it counts, and counts it from the records alone."""
