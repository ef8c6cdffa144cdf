"""Models as LiteRT files."""

import contextlib
import io
import pathlib
import tempfile
import warnings

from kerasdc.exports.saved_model import write_saved_model


def litert_bytes(model, signatures):
    """The signatures that take samples as one LiteRT file.

    Args:
        model: A model that can be exported.
        signatures: Dictionary, see `kerasdc.exports.signatures`.

    Returns:
        Bytes, the file.
    """
    import tensorflow as tf

    # Random numbers by a seed, as `generate` draws them, LiteRT has not.
    names = [n for n in signatures if n not in ("generate", "serving_uint8")]
    with tempfile.TemporaryDirectory() as folder:
        saved = pathlib.Path(folder) / "model"
        write_saved_model(model, saved)
        with warnings.catch_warnings(), _quiet():
            warnings.simplefilter("ignore")
            converter = tf.lite.TFLiteConverter.from_saved_model(
                str(saved), signature_keys=names
            )
            return converter.convert()


@contextlib.contextmanager
def _quiet():
    """Without the converter's lines on inputs and outputs."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield
