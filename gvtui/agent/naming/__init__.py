"""Finds what operators call containers, from the programs that manage them."""
