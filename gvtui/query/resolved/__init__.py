"""What happened: each call once, with its process, its descriptor and its paths."""
