import pytest

import kerasdc
from kerasdc import zoo


def test_of_every_model():
    for name in kerasdc.list_models():
        info = kerasdc.info(name)
        assert info.name == name == f"{info.system}_{info.dataset}"
        assert hasattr(kerasdc.models, info.class_name)
        assert info.num_bytes > info.num_params
        assert info.inputs["shape"][0] is None
        assert str(info).startswith(f"{name}: kerasdc.models.")


def test_says_what_the_table_says():
    info = kerasdc.info("idec_usps")
    rows = [
        row
        for row in zoo.read_results()
        if (row["system"], row["dataset"], row["recipe"])
        == ("idec", "usps", "best")
    ]
    mean = sum(row["accuracy"] for row in rows) / len(rows)
    assert info.seeds["accuracy"]["mean"] == pytest.approx(mean)
    assert info.scores["accuracy"] in [row["accuracy"] for row in rows]
    assert (info.num_clusters, info.inputs["shape"]) == (10, [None, 16, 16])
    best, *others = info.baselines.values()
    assert best >= max(others) and "kmeans" in info.baselines
    text = str(info)
    assert f"{info.seeds['accuracy']['mean']:.4f} ±" in text
    for part in ("float32 (n, 16, 16)", "all seeds", "umap_gmm", "MB"):
        assert part in text


def test_of_an_embedding():
    info = kerasdc.info("tsne_mnist")
    assert info.num_clusters is None
    assert set(info.scores) == {"neighbor_error", "trustworthiness"}
    assert "clusters" not in str(info)


def test_names_that_do_not_exist():
    with pytest.raises(ValueError, match="dec_mnist"):
        kerasdc.info("dec_mnits")


@pytest.mark.parametrize(
    "pattern, found",
    [
        ("dec_*", {"dec_digits", "dec_mnist", "dec_usps"}),
        ("ds?_*", set()),
        ("dec_mnist", {"dec_mnist"}),
    ],
)
def test_patterns(pattern, found):
    assert set(kerasdc.list_models(pattern)) == found


def test_a_pattern_is_a_string(tmp_path):
    with pytest.raises(ValueError, match="pattern"):
        kerasdc.list_models(tmp_path)
