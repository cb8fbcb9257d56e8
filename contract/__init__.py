"""What both worlds agree on: fields, jobs, events, errors. Standard library only, Python 3.9 or newer."""
