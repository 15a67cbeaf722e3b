"""Processes: the worker, the embedded local services, settings, logging."""
