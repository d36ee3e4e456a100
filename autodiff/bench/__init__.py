"""``autodiff bench``: autodiff's engines beside their peers, in one run on one core."""
