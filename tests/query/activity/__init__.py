"""Tests of the resolved call."""
