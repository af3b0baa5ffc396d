"""Benchmarks of eigencoder against its peers: run ``python -m bench`` from the root of the repository."""
