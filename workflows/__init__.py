"""Durable shells: one file for each long-running promise."""
