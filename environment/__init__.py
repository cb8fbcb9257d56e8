"""The engine environment: found, made, verified, repaired. Standard library only, Python 3.9 or newer, used by both doors."""
