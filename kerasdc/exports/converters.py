"""What the converters to other formats have in common."""

import contextlib
import io
import logging
import warnings


@contextlib.contextmanager
def quiet_converter():
    """Without what a converter prints, logs, and warns of."""
    level = logging.root.manager.disable
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(level)
