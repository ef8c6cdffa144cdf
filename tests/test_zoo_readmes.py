import resource
import threading

import pytest
from zoo_samples import NAME
from zoo_samples import change_metadata
from zoo_samples import make_row
from zoo_samples import snapshot

from kerasdc import zoo
from kerasdc.recipes import get_recipe
from kerasdc.recipes import without_prose
from kerasdc.zoo import entry
from kerasdc.zoo import readmes


def test_generated_files_stay_the_same(own):
    before = snapshot(own)
    assert zoo.write_zoo_readme(own) == own / "README.md"
    assert snapshot(own) == before


def test_module_writes_the_readme_beside_the_zoo(own, monkeypatch):
    from kerasdc.zoo.__main__ import main

    monkeypatch.setenv("KERASDC_ZOO", str(own))
    readme = own.parent / "README.md"
    readme.write_text(f"top\n{readmes.BEGIN}\n{readmes.END}\n")
    before = snapshot(own)
    main()
    assert snapshot(own) == before
    assert "| dec | digits | best | all |" in readme.read_text()


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


def test_deviations_are_those_of_the_recipe(own):
    recipe = get_recipe("dec", "digits", "best")
    zoo.write_zoo_readme(own)  # of other values: another training
    assert entry.read_metadata(own / NAME)["deviations"] == ["Fewer epochs."]
    values = without_prose(recipe)
    change_metadata(own, lambda m: m.update(hyperparameters=values))
    zoo.write_zoo_readme(own)
    found = entry.read_metadata(own / NAME)["deviations"]
    assert found == recipe["deviations"]
    assert f"- {found[0]}" in (own / NAME / entry.CARD).read_text("utf-8")


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


def test_table_goes_between_the_marks(published, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"above\n{readmes.BEGIN}\nold\n{readmes.END}\nbelow\n")
    zoo.update_readme(readme, published)
    table = zoo.results_table(published)
    expected = f"above\n{readmes.BEGIN}\n{table}{readmes.END}\nbelow\n"
    assert readme.read_text(encoding="utf-8") == expected
    zoo.update_readme(readme, published)
    assert readme.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        readmes.BEGIN,
        readmes.END + readmes.BEGIN,
        2 * (readmes.BEGIN + readmes.END),
    ],
)
def test_readme_without_its_marks_stays(published, tmp_path, text):
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(ValueError, match="results:begin.*Received: file="):
        zoo.update_readme(readme, published)
    assert readme.read_text() == text


def test_example_of_the_zoo_is_the_best_known_model(own):
    (own / NAME).rename(own / "dec_mnist")
    (own / "dec_mnist").with_name("aaa_mnist").mkdir()
    metadata = (own / "dec_mnist" / entry.METADATA).read_bytes()
    (own / "aaa_mnist" / entry.METADATA).write_bytes(metadata)
    zoo.write_zoo_readme(own)
    text = (own / "README.md").read_text(encoding="utf-8")
    assert 'kerasdc.load("dec_mnist")' in text


def test_empty_zoo(tmp_path):
    assert zoo.list_models(zoo_dir=tmp_path) == []
    zoo.write_zoo_readme(tmp_path)
    assert "None yet." in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert zoo.results_table(tmp_path) == "None yet.\n"
