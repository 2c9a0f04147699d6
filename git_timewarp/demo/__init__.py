"""The demonstration: real history replayed, real work lost and brought back, in a clone.

`sandbox` is where it happens, `replay` turns commits into edits, `losses` are the eight ways
work gets lost, `run` puts them together and `report` is what came of it. Layer: a frontend
above `app`, of which it uses the public methods only.
"""
