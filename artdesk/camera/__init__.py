"""Frames in (webcam, video file, screen, still picture) and out (recorder, virtual camera), and what keeps them steady.

No Qt and no engine here: a source is read by the one thread that opened it, a sink never makes its caller wait.
"""
