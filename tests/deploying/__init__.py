"""The way out of one machine: what is in the compose file and the Dockerfile, checked without a Docker engine."""
