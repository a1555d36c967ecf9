"""Giving up rights: capabilities, Landlock and seccomp."""
