"""Encode, mux, probe, posters.

Frames become a picture file (:mod:`render.media.encode`), which is muxed with the sound
(:mod:`render.media.mux`); stills and captions are drawn from the result.
"""

REVISION = "media-3"
"""Enters the fingerprint: change it whenever the same footage could give another byte of the clip.

A golden test holds ffmpeg's command lines, the loudness settings and ffmpeg's version against it.
"""
