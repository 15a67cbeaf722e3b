"""Pictures drawn on the server: what they show is worked out here, templates under `pictures/` draw it."""
