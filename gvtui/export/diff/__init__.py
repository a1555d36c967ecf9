"""Comparisons of two sides, as a document for people or programs."""
