"""What Alongside costs, measured beside a bare workflow that does the same Temporal operations."""
