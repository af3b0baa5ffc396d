"""What fit does: settings, checks, the training itself, and what each kind of estimator adds to it."""
