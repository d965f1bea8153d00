"""The garden: pages of generated candidates, their descendants, and the way from and to the canvas.

The page shows and asks, the keeper holds the garden, the pictures are made through the one job runner.
"""
