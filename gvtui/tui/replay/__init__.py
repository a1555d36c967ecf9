"""Recordings that are shown in time."""
