import os
import resource
import threading

import pytest
from zoo_samples import ROWS
from zoo_samples import make_embedding_row
from zoo_samples import make_row
from zoo_samples import snapshot

from kerasdc import zoo


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


def test_rows_must_be_complete(tmp_path):
    row = make_row()
    del row["seed"]
    for bad in (
        row,
        make_row(note=""),
        make_row(split="train"),
        make_row(seed=None),
        make_row(backend=""),
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
