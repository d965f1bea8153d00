"""One file per thing an artist can ask for: a request goes in, a result comes out, progress on the way.

Knows core and engine, never Qt or documents.
"""
