"""Files: how they are written, and what a model file holds."""
