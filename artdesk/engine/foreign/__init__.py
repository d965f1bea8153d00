"""Other people's models: read without trust, measured in a child process, rewritten so that tiles do not show.

Nothing here hands a foreign file to ONNX Runtime in this process before it has been read statically and has been run
in the child with memory and time limits.
"""
