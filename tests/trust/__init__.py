"""That what is personal stays where it belongs."""
