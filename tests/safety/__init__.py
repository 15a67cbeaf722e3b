"""The hazard log: what it says is proved is there, is run, and passes."""
