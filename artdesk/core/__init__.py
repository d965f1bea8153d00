"""What ArtDesk is about: the image contract, picture files, requests, results, settings, errors.

Knows no Qt, no network and no other room.
"""
