"""What touches the world: records, notices, messages."""
