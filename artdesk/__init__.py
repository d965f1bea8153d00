"""ArtDesk: an offline desktop studio for people who make pictures."""

__version__ = "0.1.0"
