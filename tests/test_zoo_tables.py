import pytest
from zoo_samples import NAME
from zoo_samples import make_embedding_row
from zoo_samples import make_row

from kerasdc import zoo
from kerasdc.zoo import entry
from kerasdc.zoo import results
from kerasdc.zoo import tables


def test_mean_and_sd_over_seeds(tmp_path):
    # Mean 0.5; squared deviations 0.04 + 0 + 0.04, over 3 - 1: sd 0.2.
    rows = [make_row(seed=s, accuracy=a) for s, a in enumerate((0.3, 0.5, 0.7))]
    rows.append(make_row(recipe="paper", nmi=0.25))
    zoo.add_results(rows, tmp_path)
    best, paper = tables.summarize(zoo.read_results(tmp_path))
    assert best["num_seeds"] == 3
    assert best["accuracy"]["mean"] == pytest.approx(0.5)
    assert best["accuracy"]["sd"] == pytest.approx(0.2)
    assert paper["nmi"] == {"mean": 0.25, "sd": None}
    assert zoo.results_table(tmp_path).splitlines()[2:] == [
        "| dec | digits | best | all | 0.5000 ± 0.2000 | 0.5000 ± 0.0000 | "
        "0.5000 ± 0.0000 | 0.2 | 3 |",
        "| dec | digits | paper | all | 0.5000 | 0.2500 | 0.5000 | 0.2 | 1 |",
    ]


def test_embeddings_have_a_table_of_their_own(tmp_path):
    rows = [make_embedding_row(), make_embedding_row(seed=1)]
    zoo.add_results(rows, tmp_path)
    assert zoo.read_results(tmp_path)[0]["accuracy"] is None
    alone = zoo.results_table(tmp_path).splitlines()
    assert alone[0].startswith("Embeddings without clusters.")
    line = "| tsne | digits | best | all | 0.0500 ± 0.0000 | 0.9000 ± 0.0000 |"
    assert alone[3].startswith("| system | dataset | recipe | split | neighbor")
    assert alone[-1] == f"{line} 0.2 | 2 |"
    zoo.add_results([make_row()], tmp_path)
    both = zoo.results_table(tmp_path).splitlines()
    assert both[2].startswith("| dec | digits | best | all | 0.5000 | 0.5000 |")
    assert both[3] == ""
    assert both[4:] == alone


def test_kind_is_told_by_scores_or_metadata():
    rows = [make_row(), make_embedding_row()]
    summaries = [tables.summarize([row])[0] for row in rows]
    metadata = [{"num_clusters": 10}, {"num_clusters": None}]
    for clusters, embedding in (rows, summaries, metadata):
        assert results.scores_of(clusters) == ("accuracy", "nmi", "ari")
        found = results.scores_of(embedding)
        assert found == ("neighbor_error", "trustworthiness")
        text = tables.by_kind(
            [embedding, clusters], lambda rows, scores: f"{scores[0]} {rows}"
        )
        first, *_, last = text.splitlines()
        assert first == f"accuracy {[clusters]}"
        assert last == f"neighbor_error {[embedding]}"


def test_backends_are_not_mixed(tmp_path):
    rows = [make_row(), make_row(backend="jax", accuracy=0.7)]
    zoo.add_results(rows, tmp_path)
    table = zoo.results_table(tmp_path)
    assert "| 0.7000 | 0.5000 | 0.5000 | 0.2 | 1 | jax |" in table
    assert "| 0.5000 | 0.5000 | 0.5000 | 0.2 | 1 | tensorflow |" in table


def baseline_row(system, accuracy, **changes):
    return make_row(
        system=system,
        recipe="plain",
        accuracy=accuracy,
        **{"backend": "scikit-learn", **changes},
    )


def test_baselines_stand_beside_the_systems(tmp_path):
    systems = [
        make_row(),
        make_row(system="vade", accuracy=0.9),
        make_row(dataset="usps"),
        make_row(split="test"),
        make_embedding_row(),
    ]
    baselines = [
        baseline_row("kmeans", 0.4),
        baseline_row("kmeans", 0.6, seed=1),
        baseline_row("umap_gmm", 0.8, backend="umap-learn"),
        baseline_row("ward", 0.7),
        baseline_row("ward", 0.3, dataset="usps"),
    ]
    zoo.add_results([*systems, *baselines], tmp_path)
    head, _, *lines = zoo.results_table(tmp_path).splitlines()[:6]
    assert head.endswith("| ari | k-means | best baseline | minutes | seeds |")
    beside = [line.split(" | ")[7:9] for line in lines]
    assert beside == [
        ["0.5000", "**0.8000** (umap_gmm)"],
        ["–", "–"],
        ["–", "0.3000 (ward)"],
        ["0.5000", "0.8000 (umap_gmm)"],
    ]
    embeddings = zoo.results_table(tmp_path).split("\n\n")[-1]
    assert "k-means" not in embeddings
    assert zoo.baselines_table(tmp_path).splitlines()[2:] == [
        "| digits | all | umap_gmm | 0.8000 | 0.5000 | 0.5000 | 1 |",
        "| digits | all | ward | 0.7000 | 0.5000 | 0.5000 | 1 |",
        "| digits | all | kmeans | 0.5000 ± 0.1414 | 0.5000 ± 0.0000 | "
        "0.5000 ± 0.0000 | 2 |",
        "| usps | all | ward | 0.3000 | 0.5000 | 0.5000 | 1 |",
    ]


def test_a_zoo_of_baselines_only(tmp_path):
    zoo.add_results([baseline_row("kmeans", 0.5)], tmp_path)
    assert zoo.results_table(tmp_path) == "None yet.\n"
    readme = zoo.write_zoo_readme(tmp_path).read_text(encoding="utf-8")
    assert readme.endswith(zoo.baselines_table(tmp_path))
    assert "| digits | all | kmeans | 0.5000 |" in readme


def test_another_run_of_the_seed_leaves_the_model_its_figures(own):
    figures = entry.read_metadata(own / NAME)["figures"]
    zoo.add_results([make_row(accuracy=0.99, commit="def5678")], own)
    zoo.write_zoo_readme(own)
    metadata = entry.read_metadata(own / NAME)
    assert metadata["figures"] == figures
    assert metadata["rows"][0]["accuracy"] == 0.99
    of_other_commit = {**metadata, "figures": None, "commit": "9999999"}
    found = tables.figures_of(of_other_commit, metadata["rows"])
    assert found["figures"] is None
