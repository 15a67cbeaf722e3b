"""The pages, a file a subject: each has its routes, and its templates of the same name."""
