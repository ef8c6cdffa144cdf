"""Clustering and neighbors of points in NumPy, without gradients."""
