"""What Alongside is made of: whether anything of it is known to be unsafe, and all of it in a list."""
