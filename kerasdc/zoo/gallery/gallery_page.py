"""Writes the page: its data, its style and its program in one file."""

import functools
import json
import pathlib

from kerasdc.report import Outputs
from kerasdc.utils.files import local_path
from kerasdc.utils.files import write_text
from kerasdc.zoo import loading
from kerasdc.zoo import location
from kerasdc.zoo.gallery.gallery_facts import classes_of
from kerasdc.zoo.gallery.gallery_facts import facts_of
from kerasdc.zoo.gallery.gallery_facts import points_of
from kerasdc.zoo.gallery.gallery_facts import results_by_set
from kerasdc.zoo.gallery.live_models import is_drawn
from kerasdc.zoo.gallery.live_models import samples_of
from kerasdc.zoo.gallery.live_models import write_model
from kerasdc.zoo.gallery.live_models import write_runtime
from kerasdc.zoo.verifying import local_dataset

_ASSETS = pathlib.Path(__file__).parent


def write_gallery(folder, runtime=None, names=None, zoo_dir=None):
    """Writes a static page of all pretrained models, to be opened as it is.

    Embeddings, and clusters beside classes, are shown of data sets that are
    on this machine.

    Args:
        folder: Folder to write `index.html` to, made if missing.
        runtime: Optional folder `dist` of the npm package `onnxruntime-web`.
            With it, digits can be drawn on the page, and generated; needs
            `pip install -e ".[onnx]"`.
        names: Optional list of names; `None` takes all models.
        zoo_dir: Folder of a zoo, or `None` for the one in use.

    Returns:
        `pathlib.Path` of the page.

    Raises:
        FileNotFoundError: If `runtime` is something else.
        ImportError: If `runtime` is passed without tf2onnx.
        ValueError: If a model is not what was published.
    """
    folder = local_path("folder", folder)
    live = folder / "live"
    (folder if runtime is None else live).mkdir(parents=True, exist_ok=True)
    if runtime is not None:
        write_runtime(live, runtime)
    if names is None:
        names = loading.list_models(zoo_dir=zoo_dir)
    dataset_of = functools.cache(local_dataset)
    models, samples = [], {}
    for name in names:
        facts = facts_of(name, location.checked_folder(name, zoo_dir), zoo_dir)
        models.append(facts)
        data = dataset_of(facts["dataset"])
        if data is None:
            continue
        model = loading.load(name, zoo_dir)
        outputs = Outputs(model, data.x, data.y)
        facts["points"] = points_of(outputs)
        if facts["clusters"] is not None:
            facts["classes"] = classes_of(outputs)
        if runtime is not None and is_drawn(facts):
            facts["live"] = write_model(live, name, model)
            if facts["dataset"] not in samples:
                samples[facts["dataset"]] = samples_of(data)
    content = {
        "models": models,
        "samples": samples,
        "results": results_by_set(zoo_dir),
    }
    write_text(folder / "index.html", _page(content))
    return folder / "index.html"


def _page(content):
    # A script's text must not end it.
    data = json.dumps(content, separators=(",", ":")).replace("</", "<\\/")
    page = (_ASSETS / "page.html").read_text(encoding="utf-8")
    for mark, text in (
        ("/* style */", (_ASSETS / "page.css").read_text(encoding="utf-8")),
        ("/* data */", f"const GALLERY = {data};"),
        ("/* program */", (_ASSETS / "page.js").read_text(encoding="utf-8")),
        ("/* live */", (_ASSETS / "live.js").read_text(encoding="utf-8")),
    ):
        page = page.replace(mark, text)
    return page
