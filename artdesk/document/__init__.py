"""The picture under work: layers, masks, selection, history and project files.

Knows QtGui's raster classes at most, never widgets or networks.
"""
