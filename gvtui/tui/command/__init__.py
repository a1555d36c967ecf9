"""Commands: declared on methods, told by help and palette, run by key, by line and by configuration."""
