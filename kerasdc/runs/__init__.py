"""Training by a recipe, in a folder: settings, stages, backups, results."""
