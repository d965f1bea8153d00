"""Painting: tools, panels and the session they share.

Panels and tools speak to the document through `DocumentSession` alone and never to each other.
"""
