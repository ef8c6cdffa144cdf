"""What systems share: base classes, and functions of models."""
