"""Long and crowded runs of the real program: `soak` for hours of it, `storm` for very many sandboxes."""
