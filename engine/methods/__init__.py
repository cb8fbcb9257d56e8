"""How methods fit and what they leave: estimators that treat each cell by itself."""
