"""What all figures share: colors, style, text, files."""

import functools
import io

# Six colors of Okabe and Ito, then colors as different as possible from those
# before, under normal, protanopic and deuteranopic vision.
PALETTE = (
    "#0072b2 #e69f00 #009e73 #d55e00 #cc79a7 #56b4e9 #5a0f0f #3c0078 #8778f0 "
    "#003c4b #69e187 #875a4b #2d3cb4 #4b4b00 #b43c87 #782d78 #e1b4c3 #00e1ff "
    "#a5b487 #d2d200"
).split()
INK = "#222222"
_FAINT = "#767676"
_STYLE = {
    "axes.edgecolor": "#b0b0b0",
    "axes.facecolor": "white",
    "axes.grid": False,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.facecolor": "white",
    # It comes with matplotlib: figures look the same on all machines.
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "legend.frameon": False,
    "savefig.facecolor": "white",
    "text.color": INK,
    "text.usetex": False,
    "xtick.color": _FAINT,
    "xtick.labelcolor": INK,
    "ytick.color": _FAINT,
    "ytick.labelcolor": INK,
}


def styled(function):
    """Decorates a function that draws: it uses this style, not the caller's."""

    @functools.wraps(function)
    def draw(*args, **kwargs):
        try:
            import matplotlib
        except ImportError as error:
            raise ImportError(
                'Figures need matplotlib: pip install -e ".[plot]"'
            ) from error
        with matplotlib.rc_context(_STYLE):
            return function(*args, **kwargs)

    return draw


def new_figure(size, **padding):
    """An empty `Figure` of `size` inches, laid out when it is drawn."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    figure.get_layout_engine().set(**padding)
    return figure


def png(figure, dpi=100, num_colors=None):
    """A figure as the bytes of a PNG file.

    Args:
        figure: matplotlib `Figure`.
        dpi: Number, pixels per inch.
        num_colors: Optional integer up to 256. Fewer colors make a smaller
            file. `None` keeps all.

    Returns:
        Bytes.
    """
    file = io.BytesIO()
    # Without the version of matplotlib, equal figures give equal files.
    figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue() if num_colors is None else _fewer(file, num_colors)


def _fewer(file, num_colors):
    from PIL import Image

    smaller = io.BytesIO()
    image = Image.open(file).convert("RGB")
    # Not by the number of pixels: colors of small clusters are kept.
    image = image.quantize(num_colors, Image.Quantize.MAXCOVERAGE)
    image.save(smaller, format="png", optimize=True)
    return smaller.getvalue()


def plain(value, length=18):
    """Text that matplotlib can draw: short, one line, no mathematics."""
    from matplotlib import font_manager

    text = " ".join(str(value).split())
    if len(text) > length:
        text = text[: length - 1] + "…"
    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    known = [c if font.get_char_index(ord(c)) else "\ufffd" for c in text]
    return "".join(known).replace("$", r"\$")


def check_lengths(**arrays):
    """Raises `ValueError` unless all arrays are equally long."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        received = ", ".join(f"{k} of {v}" for k, v in lengths.items())
        raise ValueError(f"Lengths must be equal. Received: {received}")
