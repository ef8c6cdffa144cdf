"""Models as LiteRT files."""

import contextlib
import pathlib
import tempfile
import warnings

from kerasdc.exports.converters import quiet_converter
from kerasdc.exports.saved_model import write_saved_model
from kerasdc.exports.served_signatures import MAIN
from kerasdc.exports.served_signatures import signatures


def litert_bytes(model):
    """The signatures that take samples as one LiteRT file.

    Args:
        model: A model that can be exported.

    Returns:
        Bytes, the file.

    Warns:
        UserWarning: If LiteRT lacks operations of a signature other than
            `serving_default` and `embed`; it is left out.
    """
    from tensorflow.lite.python.convert_phase import ConverterError

    # Random numbers by a seed, as `generate` draws them, LiteRT has not.
    without = ("generate", "serving_uint8")
    names = [name for name in signatures(model) if name not in without]
    with tempfile.TemporaryDirectory() as folder:
        saved = pathlib.Path(folder) / "model"
        write_saved_model(model, saved)
        try:
            return _converted(saved, names)
        except ConverterError:
            kept = _convertible(saved, names)
        left_out = sorted(set(names) - set(kept))
        warnings.warn(
            f"LiteRT lacks operations of {', '.join(left_out)}: the file has "
            f"{', '.join(kept)} only.",
            stacklevel=3,
        )
        return _converted(saved, kept)


def _convertible(saved, names):
    """Those of the signatures that can be converted alone."""
    from tensorflow.lite.python.convert_phase import ConverterError

    kept = [name for name in names if name in MAIN]
    for name in sorted(set(names) - set(MAIN)):
        with contextlib.suppress(ConverterError):
            _converted(saved, [name])
            kept.append(name)
    return kept


def _converted(saved, names):
    import tensorflow as tf

    with quiet_converter():
        converter = tf.lite.TFLiteConverter.from_saved_model(
            str(saved), signature_keys=names
        )
        return converter.convert()
