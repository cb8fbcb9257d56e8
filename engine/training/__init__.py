"""Learning from labels: which cells carry one, how what is learnt is checked, and where not to trust it."""
