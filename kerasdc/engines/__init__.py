"""Assigning on engines that people run: `spark` and `ray`."""
