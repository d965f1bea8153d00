"""Training and export of the models, on torch; no other room imports this one.

Whatever is trained here leaves as ONNX files with cards, checked against torch before they are written.
"""
