"""The canvas: shows a document at any zoom and hands pointer samples to the tool in hand.

It knows documents and tools by their shape alone; what a tool does with a stroke lives in `ui/paint`.
"""
