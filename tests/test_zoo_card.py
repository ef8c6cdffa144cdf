from zoo_samples import NAME
from zoo_samples import make_row

from kerasdc import zoo
from kerasdc.zoo import card
from kerasdc.zoo import entry


def test_card_tells_figures_and_deviations(own):
    text = (own / NAME / entry.CARD).read_text(encoding="utf-8")
    figures = entry.read_metadata(own / NAME)["figures"]
    assert f"| this model (seed 0) | all | {figures['accuracy']:.4f} |" in text
    assert "| A Paper, Table 2 | all | 0.843 | – | – |" in text
    assert "the lowest objective of two seeds." in text
    assert "- Fewer epochs." in text
    assert "![Clusters](preview.png)" in text
    assert "raw float32 `(n, 8, 8)`, then `Scaling`" in text
    assert "reads the weights from `model.weights.h5`" in text
    overview = (own / "README.md").read_text(encoding="utf-8")
    assert f"[{NAME}]({NAME}/README.md) | best | 0 | all |" in overview


def test_objective_of_a_training_that_diverged_is_left_empty(own):
    rows = [make_row(seed=2, objective=float("nan"))]
    rows.append(make_row(seed=3, objective=float("inf")))
    zoo.add_results(rows, own)
    found = [row["objective"] for row in zoo.read_results(own)]
    assert found[2:] == [None, None]
    zoo.write_zoo_readme(own)
    card_text = (own / NAME / entry.CARD).read_text(encoding="utf-8")
    assert "| 2 | all | 0.5 | 0.5 | 0.5 | – | 12.3 |" in card_text


def test_card_says_what_other_recipes_are(published):
    metadata = entry.read_metadata(published / NAME)
    summary = {**metadata["summary"][0], "recipe": "best"}
    others = [
        {**summary, "dataset": "mnist_imbalanced"},
        {**summary, "dataset": "texts"},  # of which nothing is known
    ]
    text = card.card({**metadata, "system": "imsat", "others": others})
    (note,) = [x for x in text.splitlines() if x.startswith("- `mnist_imb")]
    assert "classes of falling size" in note
    assert "The sizes of the classes are given" in note
    assert "`texts`, `best`" not in text
