"""Frames in and frames out. BGR exists only in this room."""
