import os
import resource
import zipfile

import h5py
import keras
import numpy as np
import pytest
from zoo_samples import NAME
from zoo_samples import change_metadata
from zoo_samples import make_info
from zoo_samples import make_row
from zoo_samples import served_weights_of
from zoo_samples import snapshot
from zoo_samples import weights_of

import kerasdc
from kerasdc import zoo
from kerasdc.zoo import entry
from kerasdc.zoo import golden
from kerasdc.zoo import index


def arrays_of(path):
    """Every array of an HDF5 file, by its path in the file."""
    found = {}

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(add)
    return found


def test_metadata_says_how_it_was_made(published, model):
    metadata = entry.read_metadata(published / NAME)
    assert metadata["num_params"] == model.count_params()
    assert metadata["licence"] == "Apache-2.0"
    assert metadata["versions"]["keras"] == keras.__version__
    assert metadata["preprocessing"]["inputs"]["shape"] == [None, 8, 8]
    assert metadata["figures"]["seed"] == 0
    assert [row["seed"] for row in metadata["rows"]] == [0, 1]
    assert metadata["summary"][0]["num_seeds"] == 2
    assert metadata["model"]["compile_config"]["update_interval"] == 3
    assert set(metadata["files"]) == {
        "golden.npz",
        "model.weights.h5",
        "preview.png",
        "saved_model/1/fingerprint.pb",
        "saved_model/1/saved_model.pb",
        "saved_model/1/variables/variables.data-00000-of-00001",
        "saved_model/1/variables/variables.index",
    }


def test_entry_holds_every_weight_once(published, model):
    num_bytes = sum(v.numpy().nbytes for v in model.variables)
    # What else there is, is the description of the variables.
    assert served_weights_of(published).stat().st_size < num_bytes + 3000
    held = arrays_of(weights_of(published))
    assert sum(array.nbytes for array in held.values()) == num_bytes
    assert not any("optimizer" in name for name in held)


def test_weights_have_the_names_of_a_keras_file(published, model, tmp_path):
    """So that no class has to make its layers in a certain order."""
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        archive.extract("model.weights.h5", tmp_path)
    expected = arrays_of(tmp_path / "model.weights.h5")
    expected = {k: v for k, v in expected.items() if "optimizer" not in k}
    held = arrays_of(weights_of(published))
    assert held.keys() == expected.keys()
    for name, array in held.items():
        np.testing.assert_array_equal(array, expected[name])


def test_verify_computes_the_figures(published, digits, model, own):
    verified = zoo.verify(NAME, published)
    scores = kerasdc.metrics.evaluate(digits.y, model.assign(digits.x))
    assert verified["figures"] == scores
    assert zoo.verify(NAME, published, figures=False)["figures"] is None
    change_metadata(own, lambda m: m["figures"].update(nmi=0.9))
    with pytest.raises(ValueError, match="published nmi is 0.9. Received"):
        zoo.verify(NAME, own)
    change_metadata(own, lambda m: m["dataset"].update(sha256="0"))
    with pytest.raises(ValueError, match="data set is not the one"):
        zoo.verify(NAME, own)


def test_verify_notices_other_outputs(own):
    folder = own / NAME
    inputs, outputs = golden.read(folder)
    outputs["embedding"] += 1e-3 * np.abs(outputs["embedding"]).max()
    golden.write(folder, inputs, outputs)
    change_metadata(own, lambda m: m.update(files=entry.describe_files(folder)))
    with pytest.raises(ValueError, match="output embedding is not.*0.001"):
        zoo.verify(NAME, own)


def test_golden_outputs_are_of_bounded_size(tmp_path, monkeypatch):
    monkeypatch.setattr(golden, "_LARGEST", 2**16)
    golden.write(tmp_path, np.zeros(2**20, "uint8"), {})
    assert (tmp_path / entry.GOLDEN).stat().st_size < 2**16
    with pytest.raises(ValueError, match="65,536 bytes when it is expanded"):
        golden.read(tmp_path)


def test_entry_that_is_not_the_model_is_not_published(
    own, model, digits, monkeypatch
):
    outputs_of = golden.outputs_of

    def other_outputs(model, inputs):
        monkeypatch.setattr(golden, "outputs_of", outputs_of)  # once
        outputs = outputs_of(model, inputs)
        return {**outputs, "embedding": outputs["embedding"] + 1}

    monkeypatch.setattr(golden, "outputs_of", other_outputs)
    before = snapshot(own)
    with pytest.raises(ValueError, match="output embedding"):
        zoo.publish(
            model, NAME, digits.x[:2], make_info(), zoo_dir=own, overwrite=True
        )
    assert snapshot(own) == before


def test_overwriting_must_be_asked_for(own, model, digits):
    before = snapshot(own)
    x, info = digits.x[:2], make_info()
    with pytest.raises(FileExistsError, match="overwrite=True.*Received"):
        zoo.publish(model, NAME, x, info, zoo_dir=own)
    assert snapshot(own) == before
    zoo.publish(model, NAME, x, info, zoo_dir=own, overwrite=True)
    assert len(golden.read(own / NAME)[0]) == 2
    assert not (own / NAME / entry.PREVIEW).exists()
    assert sorted(os.listdir(own)) == [
        "README.md",
        NAME,
        "index.json",
        "results.csv",
    ]


@pytest.mark.parametrize("size", [1_000, 20_000])
def test_full_disk_loses_nothing(own, model, digits, size):
    before = snapshot(own)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        with pytest.raises(OSError, match="could not be written.*too large"):
            zoo.publish(
                model,
                NAME,
                digits.x[:2],
                make_info(),
                zoo_dir=own,
                overwrite=True,
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert snapshot(own) == before
    assert sorted(p.name for p in own.iterdir() if p.is_dir()) == [NAME]


@pytest.mark.parametrize("num_written", [1, 3])
def test_stop_before_the_index_is_written_leaves_models_that_load(
    own, model, digits, monkeypatch, num_written
):
    write_index, left = index.write_index, [None] * num_written

    def stop(folder):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        write_index(folder)

    with monkeypatch.context() as patch:
        patch.setattr(index, "write_index", stop)
        with pytest.raises(KeyboardInterrupt):
            zoo.publish(
                model,
                NAME,
                digits.x[:2],
                make_info(),
                [make_row(seed=2)],
                zoo_dir=own,
                overwrite=True,
            )
    assert len(golden.read(own / NAME)[0]) == 2
    assert kerasdc.load(NAME, own).adapted
    zoo.write_zoo_readme(own)
    assert kerasdc.load(NAME, own).adapted
    assert len(entry.read_metadata(own / NAME)["rows"]) == 3
    names = ["README.md", NAME, "index.json", "results.csv"]
    assert sorted(os.listdir(own)) == names


def test_unwritable_folder_is_an_os_error(model, digits, tmp_path):
    path = tmp_path / "zoo"
    path.write_text("a file")
    with pytest.raises(OSError, match="Received: "):
        zoo.publish(model, NAME, digits.x[:2], make_info(), zoo_dir=path)
    assert path.read_text() == "a file"


@pytest.mark.parametrize(
    ("name", "info", "match"),
    [
        ("Digits", make_info(), "<system>_<dataset>.*Received: name='Digits'"),
        ("dec_../x", make_info(), "<system>_<dataset>.*Received"),
        ("dec_mnist", make_info(), "must be dec_digits.*Received"),
        (NAME, {"seed": 0}, "must have the keys recipe.*Received: seed"),
        (NAME, None, "must be a dict.*keys recipe, .* Received: info=None$"),
        (NAME, "recipe", "must be a dict.* Received: info='recipe'$"),
        (NAME, make_info(accuracy=1), "may have.*Received"),
        (NAME, make_info(dataset="x"), "be a dict.*Received: dataset='x'$"),
        (NAME, make_info(dataset={"name": "digits"}), "name and sha256"),
    ],
)
def test_bad_arguments_write_nothing(model, tmp_path, name, info, match):
    with pytest.raises(ValueError, match=match):
        zoo.publish(model, name, np.zeros((1, 8, 8)), info, zoo_dir=tmp_path)
    assert os.listdir(tmp_path) == []


def test_unfinished_model_and_wrong_samples_are_refused(model, tmp_path):
    x, info = np.zeros((1, 8, 8)), make_info()
    with pytest.raises(ValueError, match="built=False"):
        zoo.publish(kerasdc.models.DEC(2), NAME, x, info, zoo_dir=tmp_path)
    with pytest.raises(ValueError, match="`x` must have shape"):
        zoo.publish(model, NAME, x[:, 1:], info, zoo_dir=tmp_path)
    with pytest.raises(ValueError, match="`info` must be plain values"):
        bad = make_info(deviations=[object()])
        zoo.publish(model, NAME, x, bad, zoo_dir=tmp_path)
    assert os.listdir(tmp_path) == []


def test_publishing_to_an_address_is_refused(model, digits):
    with pytest.raises(ValueError, match="local folder. Received: zoo='http"):
        zoo.publish(
            model, NAME, digits.x, make_info(), zoo_dir="http://zoo.example"
        )
