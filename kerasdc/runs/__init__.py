"""A recipe's training in a folder: settings, stages, backups, results."""
