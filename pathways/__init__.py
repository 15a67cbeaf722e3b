"""The pathways, as definitions in YAML, and how such a file is read."""
