"""A made-up past, and whether the figures of it are those of what really happened."""
