"""What X may be, and what is computed of it before and beside the core."""
