"""`info`: what a pretrained model is, without loading it."""

import dataclasses

from kerasdc.zoo import comparison
from kerasdc.zoo import entry
from kerasdc.zoo import location
from kerasdc.zoo import results
from kerasdc.zoo import tables


@dataclasses.dataclass(frozen=True)
class ModelInfo:
    """A pretrained model; `print` it for a description.

    Attributes:
        name: String, `<system>_<dataset>`.
        system: String, name of its system, such as `"dec"`.
        dataset: String, name of the data set that it was trained on.
        class_name: String, its class in `kerasdc.models`.
        num_clusters: Integer, or `None` if it has no clusters.
        num_params: Integer, weights and state.
        inputs: Dictionary with `dtype` and `shape` of raw samples; `None`
            stands for any number of them.
        scores: Dictionary of floats: scores of this model, such as
            `accuracy`; of the last epoch, on `split`.
        split: String: `"all"`, or `"test"` if scored on samples held out.
        seeds: Dictionary from scores to `{"mean": ..., "sd": ...}` over all
            seeds of the recipe; empty without rows.
        paper: Dictionary of the published scores and their `source`; may be
            empty.
        baselines: Dictionary from names of `kerasdc.baselines` to their mean
            accuracy on the same samples, the best one first; may be empty.
        signatures: List of strings, those of the SavedModel.
        files: Dictionary from names of its files to `{"size": ..., "sha256":
            ...}`.
        licence: String.
    """

    name: str
    system: str
    dataset: str
    class_name: str
    num_clusters: int | None
    num_params: int
    inputs: dict
    scores: dict
    split: str
    seeds: dict
    paper: dict
    baselines: dict
    signatures: list
    files: dict
    licence: str

    def __str__(self):
        lines = [
            f"{self.name}: kerasdc.models.{self.class_name}, trained on "
            f"{self.dataset} without labels",
            _line("inputs", self.input_text),
        ]
        if self.num_clusters is not None:
            lines.append(_line("clusters", self.num_clusters))
        lines.append(_line("this model", _scores(self.scores)))
        if self.seeds:
            spread = {k: tables.spread(v) for k, v in self.seeds.items()}
            lines.append(_line("all seeds", _scores(spread)))
        if self.paper:
            lines.append(_line("paper", _scores(self.paper)))
        for name, accuracy in list(self.baselines.items())[:2]:
            lines.append(_line(name, _scores({"accuracy": accuracy})))
        lines.append(_line("split", results.SPLITS[self.split]))
        size = f"{self.num_params:,} parameters, {self.num_bytes / 1e6:.1f} MB"
        lines.append(_line("size", size))
        lines.append(_line("served", ", ".join(self.signatures)))
        lines.append(_line("licence", self.licence))
        return "\n".join(lines)

    @property
    def input_text(self):
        """Such as `float32 (n, 28, 28)`."""
        return (
            f"{self.inputs['dtype']} {tables.shape_text(self.inputs['shape'])}"
        )

    @property
    def num_bytes(self):
        """Integer, size of its files."""
        return sum(file["size"] for file in self.files.values())


def info(name, zoo_dir=None):
    """What a pretrained model is, and how good, without loading it.

    Args:
        name: One of `list_models()`.
        zoo_dir: As for `list_models`.

    Returns:
        `ModelInfo`.

    Raises:
        OSError: If a file cannot be downloaded.
        ValueError: If the name is unknown, or the entry was altered.

    Example:

    >>> kerasdc.info("dec_mnist").num_clusters
    10
    """
    m = entry.read_metadata(location.checked_folder(name, zoo_dir))
    names = results.scores_of(m)
    figures = m["figures"] or {}
    summary = next((s for s in m["summary"] if s["split"] == m["split"]), None)
    return ModelInfo(
        name=name,
        system=m["system"],
        dataset=m["dataset"]["name"],
        class_name=m["class"],
        num_clusters=m["num_clusters"],
        num_params=m["num_params"],
        inputs=m["preprocessing"]["inputs"],
        scores={k: figures[k] for k in names if figures.get(k) is not None},
        split=m["split"],
        seeds={} if summary is None else {k: summary[k] for k in names},
        paper=dict(m.get("paper") or {}),
        baselines=_baselines(m, zoo_dir),
        signatures=list(m["signatures"]),
        files=m["files"],
        licence=m["licence"],
    )


def _baselines(m, zoo_dir):
    """Mean accuracies where the zoo has rows, the best one first."""
    if isinstance(location.source(zoo_dir), str):
        return {}
    rows = [
        row
        for row in results.read_results(zoo_dir)
        if (row["dataset"], row["split"]) == (m["dataset"]["name"], m["split"])
    ]
    _, found = comparison.divided(tables.summarize(rows))
    found = {row["system"]: row["accuracy"]["mean"] for row in found}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _line(head, text):
    return f"  {head:12} {text}"


def _scores(scores):
    """Such as `accuracy 0.9594, nmi 0.9325`; a source comes last."""
    texts = [
        f"{name} {value:.4f}" if isinstance(value, float) else f"{name} {value}"
        for name, value in scores.items()
        if name != "source" and value is not None
    ]
    source = f" ({scores['source']})" if "source" in scores else ""
    return ", ".join(texts) + source
