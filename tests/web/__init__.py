"""The HTTP door, over a real server with a real client."""
