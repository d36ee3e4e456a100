"""The lectures' experiments with networks, each ending in figures and a picture: ``autodiff train``."""
