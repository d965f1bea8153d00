"""What a person sees.

Panels emit facts and never reach for a sibling; networks and cameras are handed in by app.py.
"""
