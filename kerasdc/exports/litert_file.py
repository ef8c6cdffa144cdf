"""Models as LiteRT files."""

import contextlib
import io
import pathlib
import tempfile
import warnings

from kerasdc.exports.saved_model import write_saved_model

_ALWAYS = ("serving_default", "embed")


def litert_bytes(model, signatures):
    """The signatures that take samples as one LiteRT file.

    Args:
        model: A model that can be exported.
        signatures: Dictionary, see `kerasdc.exports.signatures`.

    Returns:
        Bytes, the file.

    Warns:
        UserWarning: If LiteRT lacks operations of a signature other than
            `serving_default` and `embed`; it is left out.
    """
    from tensorflow.lite.python.convert_phase import ConverterError

    # Random numbers by a seed, as `generate` draws them, LiteRT has not.
    names = [n for n in signatures if n not in ("generate", "serving_uint8")]
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

    kept = [name for name in names if name in _ALWAYS]
    for name in names:
        if name not in _ALWAYS:
            with contextlib.suppress(ConverterError):
                _converted(saved, [name])
                kept.append(name)
    return kept


def _converted(saved, names):
    import tensorflow as tf

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
