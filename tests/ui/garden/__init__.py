"""The garden: its page, its keeper, its files."""
