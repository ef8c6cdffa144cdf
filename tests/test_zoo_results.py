import os
import resource
import threading

import pytest
from zoo_samples import NAME
from zoo_samples import ROWS
from zoo_samples import make_embedding_row
from zoo_samples import make_row
from zoo_samples import snapshot

from kerasdc import zoo
from kerasdc.zoo import card
from kerasdc.zoo import entry
from kerasdc.zoo import results


def test_generated_files_stay_the_same(own):
    before = snapshot(own)
    assert zoo.write_zoo_readme(own) == own / "README.md"
    assert snapshot(own) == before


def test_module_writes_the_readme_beside_the_zoo(own, monkeypatch):
    from kerasdc.zoo.__main__ import main

    monkeypatch.setenv("KERASDC_ZOO", str(own))
    readme = own.parent / "README.md"
    readme.write_text(f"top\n{card.BEGIN}\n{card.END}\n")
    before = snapshot(own)
    main()
    assert snapshot(own) == before
    assert "| dec | digits | best | all |" in readme.read_text()


def test_card_tells_figures_and_deviations(own):
    text = (own / NAME / entry.CARD).read_text(encoding="utf-8")
    figures = entry.read_metadata(own / NAME)["figures"]
    assert f"| this model (seed 0) | all | {figures['accuracy']:.4f} |" in text
    assert "| A Paper, Table 2 | all | 0.843 | – | – |" in text
    assert "the lowest objective of two seeds." in text
    assert "- Fewer epochs." in text
    assert "![Clusters](preview.png)" in text
    assert "raw float32 `(n, 8, 8)`, then `Scaling`" in text
    overview = (own / "README.md").read_text(encoding="utf-8")
    assert f"[{NAME}]({NAME}/README.md) | best | 0 | all |" in overview


def test_results_are_added_replaced_and_sorted(tmp_path):
    zoo.add_results([make_row(seed=10), make_row(seed=9)], tmp_path)
    zoo.add_results([make_row(system="aaa")], tmp_path)
    zoo.add_results([make_row(seed=9, accuracy=0.25)], tmp_path)
    zoo.add_results([make_row(seed=9, split="test")], tmp_path)
    zoo.add_results([make_row(seed=9, backend="jax")], tmp_path)
    lines = (tmp_path / "results.csv").read_text().splitlines()
    assert lines[0] == (
        "system,dataset,recipe,seed,split,num_samples,accuracy,nmi,ari,"
        "neighbor_error,trustworthiness,objective,seconds,backend,commit"
    )
    assert lines[1].startswith("aaa,digits,best,0,all,1797,")
    assert lines[3] == (
        "dec,digits,best,9,all,1797,0.25000,0.50000,0.50000,,,0.123457,12.3,"
        "tensorflow,abc1234"
    )
    keys = [
        (row["system"], row["split"], row["backend"], row["seed"])
        for row in zoo.read_results(tmp_path)
    ]
    assert keys == [
        ("aaa", "all", "tensorflow", 0),
        ("dec", "all", "jax", 9),
        ("dec", "all", "tensorflow", 9),
        ("dec", "all", "tensorflow", 10),
        ("dec", "test", "tensorflow", 9),
    ]
    assert os.listdir(tmp_path) == ["results.csv"]


def test_mean_and_sd_over_seeds(tmp_path):
    # Mean 0.5; squared deviations 0.04 + 0 + 0.04, over 3 - 1: sd 0.2.
    rows = [make_row(seed=s, accuracy=a) for s, a in enumerate((0.3, 0.5, 0.7))]
    rows.append(make_row(recipe="paper", nmi=0.25))
    zoo.add_results(rows, tmp_path)
    best, paper = results.summarize(zoo.read_results(tmp_path))
    assert best["num_seeds"] == 3
    assert best["accuracy"]["mean"] == pytest.approx(0.5)
    assert best["accuracy"]["sd"] == pytest.approx(0.2)
    assert paper["nmi"] == {"mean": 0.25, "sd": None}
    assert zoo.results_table(tmp_path).splitlines()[2:] == [
        "| dec | digits | best | all | 0.5000 ± 0.2000 | 0.5000 ± 0.0000 | "
        "0.5000 ± 0.0000 | 3 |",
        "| dec | digits | paper | all | 0.5000 | 0.2500 | 0.5000 | 1 |",
    ]


def test_embeddings_have_a_table_of_their_own(tmp_path):
    rows = [make_embedding_row(), make_embedding_row(seed=1)]
    zoo.add_results(rows, tmp_path)
    assert zoo.read_results(tmp_path)[0]["accuracy"] is None
    alone = zoo.results_table(tmp_path).splitlines()
    assert alone[0].startswith("Embeddings without clusters.")
    line = "| tsne | digits | best | all | 0.0500 ± 0.0000 | 0.9000 ± 0.0000 |"
    assert alone[3].startswith("| system | dataset | recipe | split | neighbor")
    assert alone[-1] == f"{line} 2 |"
    zoo.add_results([make_row()], tmp_path)
    both = zoo.results_table(tmp_path).splitlines()
    assert both[2].startswith("| dec | digits | best | all | 0.5000 | 0.5000 |")
    assert both[3] == ""
    assert both[4:] == alone


def test_file_of_fewer_columns_is_read(tmp_path):
    zoo.add_results([make_row()], tmp_path)
    path = tmp_path / "results.csv"
    text = path.read_text().replace(",neighbor_error,trustworthiness", "")
    path.write_text(text.replace(",,,0.123457", ",0.123457"))
    assert zoo.read_results(tmp_path)[0]["trustworthiness"] is None
    zoo.add_results([make_embedding_row()], tmp_path)
    dec, tsne = zoo.read_results(tmp_path)
    assert (dec["ari"], dec["neighbor_error"]) == (0.5, None)
    assert (tsne["ari"], tsne["neighbor_error"]) == (None, 0.05)


def test_backends_are_not_mixed(tmp_path):
    rows = [make_row(), make_row(backend="jax", accuracy=0.7)]
    zoo.add_results(rows, tmp_path)
    table = zoo.results_table(tmp_path)
    assert "| 0.7000 | 0.5000 | 0.5000 | 1 | jax |" in table
    assert "| 0.5000 | 0.5000 | 0.5000 | 1 | tensorflow |" in table


def test_rows_must_be_complete(tmp_path):
    row = make_row()
    del row["seed"]
    for bad in (
        row,
        make_row(note=""),
        make_row(split="train"),
        make_row(nmi=float("nan")),
        make_row(ari=None),
        make_row(accuracy=97.2),
        make_row(neighbor_error=0.1),
        make_embedding_row(accuracy=0.5),
        make_embedding_row(trustworthiness=None),
        make_embedding_row(neighbor_error=None),
        make_row(accuracy=None, nmi=None, ari=None),
    ):
        with pytest.raises(ValueError, match="Received: "):
            zoo.add_results([make_row(seed=5), bad], tmp_path)
    assert zoo.read_results(tmp_path) == []


def test_trainings_may_end_at_once(tmp_path):
    threads = [
        threading.Thread(
            target=zoo.add_results, args=([make_row(seed=seed)], tmp_path)
        )
        for seed in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seeds = [row["seed"] for row in zoo.read_results(tmp_path)]
    assert seeds == list(range(20))


def test_full_disk_keeps_the_results(tmp_path):
    zoo.add_results(ROWS, tmp_path)
    before = snapshot(tmp_path)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, old[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            rows = [make_row(seed=seed) for seed in range(50)]
            zoo.add_results(rows, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert snapshot(tmp_path) == before


def test_full_disk_keeps_metadata_cards_and_index(own):
    zoo.add_results([make_row(seed=2, accuracy=0.9)], own)
    before = snapshot(own)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, old[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            zoo.write_zoo_readme(own)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert snapshot(own) == before
    zoo.write_zoo_readme(own)
    assert len(entry.read_metadata(own / NAME)["rows"]) == 3


def test_unchanged_files_are_not_written(own):
    path = own / NAME / entry.METADATA
    before = path.stat()
    zoo.write_zoo_readme(own)
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
    )


def test_readme_waits_for_the_lock(own):
    writer = threading.Thread(target=zoo.write_zoo_readme, args=(own,))
    with zoo.locked(own):
        zoo.add_results([make_row(seed=2)], own)
        writer.start()
        writer.join(0.3)
        assert writer.is_alive()
        assert len(entry.read_metadata(own / NAME)["rows"]) == 2
    writer.join()
    assert len(entry.read_metadata(own / NAME)["rows"]) == 3


def test_another_run_of_the_seed_leaves_the_model_its_figures(own):
    figures = entry.read_metadata(own / NAME)["figures"]
    zoo.add_results([make_row(accuracy=0.99, commit="def5678")], own)
    zoo.write_zoo_readme(own)
    metadata = entry.read_metadata(own / NAME)
    assert metadata["figures"] == figures
    assert metadata["rows"][0]["accuracy"] == 0.99
    of_other_commit = {**metadata, "figures": None, "commit": "9999999"}
    found = results.figures_of(of_other_commit, metadata["rows"])
    assert found["figures"] is None


def test_objective_of_a_training_that_diverged_is_left_empty(own):
    rows = [make_row(seed=2, objective=float("nan"))]
    rows.append(make_row(seed=3, objective=float("inf")))
    zoo.add_results(rows, own)
    found = [row["objective"] for row in zoo.read_results(own)]
    assert found[2:] == [None, None]
    zoo.write_zoo_readme(own)
    card_text = (own / NAME / entry.CARD).read_text(encoding="utf-8")
    assert "| 2 | all | 0.5 | 0.5 | 0.5 | – | 12.3 |" in card_text


def test_table_goes_between_the_marks(published, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"above\n{card.BEGIN}\nold\n{card.END}\nbelow\n")
    zoo.update_readme(readme, published)
    table = zoo.results_table(published)
    expected = f"above\n{card.BEGIN}\n{table}{card.END}\nbelow\n"
    assert readme.read_text(encoding="utf-8") == expected
    zoo.update_readme(readme, published)
    assert readme.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(
    "text", ["", card.BEGIN, card.END + card.BEGIN, 2 * (card.BEGIN + card.END)]
)
def test_readme_without_its_marks_stays(published, tmp_path, text):
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(ValueError, match="results:begin.*Received: file="):
        zoo.update_readme(readme, published)
    assert readme.read_text() == text


def test_empty_zoo(tmp_path):
    assert zoo.list_models(tmp_path) == []
    zoo.write_zoo_readme(tmp_path)
    assert "None yet." in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert zoo.results_table(tmp_path) == "None yet.\n"
