"""The live window: what the camera sees, painted.

It drives the live runner with what it is handed (`LiveServices`) and knows neither camera nor network.
"""
