"""Shared helpers: arguments, input data, files, downloads, progress bars."""
