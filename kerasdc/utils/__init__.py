"""What all packages share: arguments, data and files of users, progress."""
