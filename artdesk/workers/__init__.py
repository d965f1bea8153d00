"""Threads: the job runner and the live runner. They are handed what they run and know neither engine nor widgets."""
