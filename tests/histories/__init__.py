"""Histories saved from real journeys, which every later version must be able to go on from."""
