"""Published results, reproduced: run ``python -m bench.papers`` from the root of the repository for the list."""
