"""The door for machines, at /api/v1: the commands and listings that people have, as JSON."""
