"""Files and folders of users, made small and read."""

import json
import sys

import numpy as np
import pandas
import pytest
from PIL import Image

from kerasdc.datasets import delimited
from kerasdc.datasets import read_source


@pytest.fixture
def write(tmp_path):
    """Writes a text file and returns its path."""

    def to(name, text, encoding="utf-8"):
        path = tmp_path / name
        path.write_text(text, encoding=encoding, newline="")
        return path

    return to


def fails(path, message, error=ValueError, **arguments):
    with pytest.raises(error, match=message) as caught:
        read_source(path, **arguments)
    assert "Received: " in str(caught.value)


# === Comma-separated values ===


def test_csv(write):
    path = write("a.csv", "name,age,size,kind\nx,1,2.5,b\ny,3,-4e1,a\n")
    source = read_source(path, label_column="kind", id_column="name")
    assert list(source.x.columns) == ["age", "size"] == list(source.names)
    assert source.x.to_numpy().tolist() == [[1, 2.5], [3, -40]]
    assert source.x.to_numpy().dtype == "float32"
    assert source.ids.tolist() == ["x", "y"]
    assert source.labels.tolist() == ["b", "a"]
    assert source.kind == "tabular"


def test_csv_without_pandas(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    source = read_source(write("a.csv", "a,b\n1,2\n"))
    assert source.x.tolist() == [[1, 2]] and source.names == ("a", "b")
    assert source.ids.tolist() == [0] and source.labels is None


def test_dialects(write):
    expected = [[1, 2], [3, 4]]
    texts = {
        "bom.csv": "\ufeffa,b\r\n1,2\r\n\r\n3,4",
        "semicolons.csv": '\n\na;"b"\n1,0;2\n3;40,0e-1\n\n',
        "tabs.tsv": "a\tb\n1\t2\n3\t4\n",
    }
    for name, text in texts.items():
        source = read_source(write(name, text))
        assert source.names == ("a", "b")
        assert source.x.to_numpy().tolist() == expected
    source = read_source(write("no_names.csv", "1,2,0\n3,4,1\n"), "2")
    assert source.names == ("0", "1")
    assert source.x.to_numpy().tolist() == expected
    assert source.labels.tolist() == [0, 1]
    assert source.labels.dtype == "int64"


def test_the_index_of_a_frame_is_no_feature(write, tmp_path):
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}, [7, 9])
    frame.to_csv(tmp_path / "a.csv")
    source = read_source(tmp_path / "a.csv")
    assert source.names == ("a", "b") and source.ids.tolist() == [7, 9]


def test_ids_keep_their_zeros(write):
    path = write("a.csv", "id,a\n007,1\n012,2\n")
    assert read_source(path, id_column="id").ids.tolist() == ["007", "012"]


def test_categories(write):
    path = write("a.csv", "color,a\nred,1\nblue,2\nred,3\n")
    source = read_source(path)
    assert source.names == ("color=blue", "color=red", "a")
    expected = [[0, 1, 1], [1, 0, 2], [0, 1, 3]]
    assert source.x.to_numpy().tolist() == expected


def test_a_column_of_texts(write):
    path = write("a.csv", 'text\n"one, two"\nthree\n')
    source = read_source(path)
    assert source.kind == "text" and source.x.tolist() == ["one, two", "three"]
    assert source.x.dtype == object
    many = "".join(f"{i},text {i}\n" for i in range(21))
    path = write("b.csv", f"a,b\n{many}")
    fails(path, "`text_column=`.* Received: 21 different words in column 'b'")
    source = read_source(path, text_column="b")
    assert source.kind == "text" and source.x[20] == "text 20"
    assert read_source(path, text_column="a").x[3] == "3"


def test_missing_values(write):
    path = write("a.csv", "age,color\n1,red\n,red\nNA,blue\n6,\n1,red\n")
    message = "Received: a missing value in row 1 of column 'age' of a.csv"
    fails(path, message)
    x = read_source(path, impute="median").x
    assert x["age"].tolist() == [1, 1, 1, 6, 1]
    assert x["color=red"].tolist() == [1, 1, 0, 1, 1]
    x = read_source(path, impute="mean").x
    assert x["age"].tolist() == pytest.approx([1, 8 / 3, 8 / 3, 6, 1])
    fails(path, "`impute` must be one of", impute="zero")
    fails(path, "in row 3 of column 'color'", label_column="color")
    path = write("b.csv", "a,b\n1,\n2,\n")
    fails(path, "in row 0 of column 'b'", impute="mean")


def test_wrong_cells(write):
    rows = "".join(f"{i},{i}\n" for i in range(17))
    path = write("a.csv", f"a,age\n{rows}17,old\n")
    fails(path, "Received: 'old' in row 17 of column 'age' of a.csv")
    fails(write("b.csv", "a,b\n1,2\n3\n"), "Received: 1 cells in row 1 of b")
    fails(write("c.csv", "a,a\n1,2\n"), "Received: 'a' 2 times in c.csv")
    fails(write("c.csv", "a,,b\n1,2,3\n"), "none for column 1, from 0, of c")
    fails(write("d.csv", "a,b\n"), "Received: d.csv with names only")
    fails(write("e.csv", ""), "Received: an empty e.csv")
    fails(write("f.csv", "a\n1e39\n"), "1e.39 in row 0 of column 'a' of f")
    fails(write("g.csv", "a\né\n", "latin-1"), "byte 0xe9 in g.csv")
    path = write("h.csv", "a,b\n1,2\n")
    fails(path, "closest names are 'a'|names are 'a', 'b'", label_column="aa")
    fails(write("i.csv", "a\n1\n"), "beside labels", label_column="a")


def test_rows_beyond_the_first_block(write, monkeypatch):
    monkeypatch.setattr(delimited, "_BLOCK", 2)
    path = write("a.csv", "a,b\n1,x\n2,y\n\n3,x\n4,x\n5,y\n")
    source = read_source(path)
    assert source.x["a"].tolist() == [1, 2, 3, 4, 5]
    assert source.x["b=y"].tolist() == [0, 1, 0, 0, 1]
    path = write("b.csv", "a\n1\n2\n\n3\nx\n")
    fails(path, "Received: 'x' in row 3 of column 'a'")


# === JSON, Parquet, texts ===


def test_json_lines(write):
    records = [{"a": 1, "v": [1, 2], "id": 5}, {"v": [3, 4], "a": 0, "id": 6}]
    text = "\n\n".join(map(json.dumps, records))
    source = read_source(write("a.jsonl", text), id_column="id")
    assert source.names == ("a", "v[0]", "v[1]")
    assert source.x.to_numpy().tolist() == [[1, 1, 2], [0, 3, 4]]
    assert source.ids.tolist() == [5, 6]
    path = write("b.jsonl", '{"text": "one"}\n{"text": "two"}')
    assert read_source(path).x.tolist() == ["one", "two"]


def test_wrong_json_lines(write):
    fails(write("a.jsonl", '{"a": 1}\n[2]\n'), "in line 2 of a.jsonl")
    fails(write("b.jsonl", "{'a': 1}\n"), "in line 1 of b.jsonl")
    path = write("c.jsonl", '{"v": [1, 2]}\n{"v": [1]}\n')
    fails(path, "a list of 1, not 2, in row 1 of column 'v' of c.jsonl")
    path = write("d.jsonl", '{"a": 1}\n{"b": 1}\n')
    fails(path, "a missing value in row 1 of column 'a'")
    path = write("e.jsonl", '{"v": [1, 2]}\n{}\n')
    fails(path, r"in row 1 of column 'v\[0\]'")
    fails(write("f.jsonl", '{"a": {"b": 1}}\n'), "an object in row 0")
    fails(write("g.jsonl", "\n"), "Received: an empty g.jsonl")


def test_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame(
        {"a": [1, None, 3], "v": [[1.0, 2], [3, 4], [5, 6]], "y": list("uvu")},
        index=[4, 5, 9],
    )
    frame.to_parquet(tmp_path / "a.parquet")
    source = read_source(tmp_path / "a.parquet", "y", impute="mean")
    assert source.names == ("a", "v[0]", "v[1]")
    assert source.x["a"].tolist() == [1, 2, 3]
    assert source.labels.tolist() == ["u", "v", "u"]
    assert source.ids.tolist() == [4, 5, 9]
    (tmp_path / "b.parquet").write_bytes(b"PAR1")
    fails(tmp_path / "b.parquet", "cannot be read as .parquet.*: b.parquet")


def test_lines_of_text(write):
    source = read_source(write("a.txt", "one\r\n\ntwo words\n"))
    assert source.x.tolist() == ["one", "two words"]
    assert source.ids.tolist() == [0, 2] and source.kind == "text"
    fails(write("b.txt", "\n"), "Received: an empty b.txt")
    fails(write("c.txt", "a"), "has no such columns", label_column="y")


# === Arrays ===


def test_npy(tmp_path):
    path = tmp_path / "a.npy"
    kinds = {
        (3, 4): "tabular",
        (3, 4, 4): "image",
        (3, 4, 4, 3): "image",
        (3, 4, 4, 2): "array",
    }
    for shape, kind in kinds.items():
        x = np.arange(np.prod(shape), dtype="uint8").reshape(shape)
        np.save(path, x)
        source = read_source(str(path))
        np.testing.assert_array_equal(source.x, x)
        assert source.kind == kind and source.x.dtype == "uint8"
        assert source.ids.tolist() == [0, 1, 2]
    np.save(path, np.array(["one", "two"]))
    source = read_source(path)
    assert source.kind == "text" and source.x.tolist() == ["one", "two"]
    np.save(path, np.array([[1.0, 2], [np.nan, 4], [3, 6]]))
    fails(path, r"a missing value in row 1 of column 'x\[0\]' of a.npy")
    assert read_source(path, impute="mean").x[1].tolist() == [2, 4]
    np.save(path, np.array([[1.0, np.inf]]))
    fails(path, r"in row 0 of column 'x\[1\]' of a.npy", impute="mean")
    np.save(path, np.ones(3))
    fails(path, r"Received: shape \(3,\), dtype float64 in a.npy")
    np.save(path, np.array([{}]), allow_pickle=True)
    fails(path, "cannot be read as .npy")


def test_npz(tmp_path):
    path = tmp_path / "a.npz"
    x, y = np.ones((2, 3)), np.array([4, 5])
    np.savez(path, x)
    np.testing.assert_array_equal(read_source(path).x, x)
    np.savez(path, data=x, y=y, names=["a", "b"])
    source = read_source(path, label_column="y", id_column="names")
    assert source.labels.tolist() == [4, 5]
    assert source.ids.tolist() == ["a", "b"]
    fails(path, r"Received: \['data', 'names'\] in a.npz", label_column="y")
    fails(path, "names are .*'y'", label_column="z", id_column="names")
    np.savez(path, x=x, y=[1])
    fails(path, "1 y, 2 samples in a.npz", label_column="y")
    path.rename(tmp_path / "b.npy")
    fails(tmp_path / "b.npy", "as a .npz does")
    (tmp_path / "c.npz").write_bytes(b"PK no zip")
    fails(tmp_path / "c.npz", "cannot be read as .npz")


# === Folders of images ===


def save(image, path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)


def test_images_of_every_mode(tmp_path):
    red = Image.new("RGB", (90, 80), (255, 0, 0))
    save(red, tmp_path / "a" / "rgb.png")
    save(red.quantize(4), tmp_path / "a" / "palette.png")
    save(Image.new("RGBA", (70, 70), (0, 0, 255, 0)), tmp_path / "b" / "1.png")
    save(Image.new("L", (70, 200), 100), tmp_path / "b" / "2.jpg")
    save(Image.new("1", (70, 70), 1), tmp_path / "b" / "3.gif")
    save(red.convert("CMYK"), tmp_path / "c.tif")
    (tmp_path / "notes.txt").write_text("no image")
    save(red, tmp_path / ".hidden" / "d.png")
    source = read_source(tmp_path, label_column="folder")
    names = "a/palette.png a/rgb.png b/1.png b/2.jpg b/3.gif c.tif"
    assert source.ids.tolist() == names.split()
    assert source.labels.tolist() == ["a", "a", "b", "b", "b", ""]
    assert source.kind == "image" and source.x.shape == (6, 64, 64, 3)
    assert source.x.dtype == "uint8"
    colors = source.x[:, 30, 30].tolist()
    white, grey = [255] * 3, [100] * 3
    assert colors[:5] == [[255, 0, 0], [255, 0, 0], white, grey, white]
    assert colors[5][0] > 200 > 60 > colors[5][1]
    assert read_source(tmp_path, image_size=(8, 9)).x.shape == (6, 8, 9, 3)


def test_grey_images_keep_their_size(tmp_path):
    pixels = np.arange(12, dtype="uint8").reshape(3, 4)
    save(Image.fromarray(pixels), tmp_path / "1.png")
    deep = Image.fromarray(pixels.astype("uint16") * 256 + 3)
    save(deep, tmp_path / "2.png")
    x = read_source(tmp_path).x
    assert x.shape == (2, 3, 4) and x.tolist() == [pixels.tolist()] * 2
    assert read_source(tmp_path, image_size=2).x.shape == (2, 2, 2)
    save(Image.new("L", (20, 8)), tmp_path / "3.png")
    save(Image.new("L", (8, 20)), tmp_path / "4.png")
    assert read_source(tmp_path).x.shape == (4, 12, 12)  # 4, 4, 20, 20


def test_images_are_turned_by_their_exif(tmp_path):
    pixels = np.zeros((8, 16), "uint8")
    pixels[:, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # the left is to be the top
    save(Image.fromarray(pixels), tmp_path / "1.png", exif=exif)
    (image,) = read_source(tmp_path).x
    assert image.shape == (16, 8)
    assert (image[:8] == 255).all() and (image[8:] == 0).all()


def test_folders_that_cannot_be_read(tmp_path):
    fails(tmp_path, "with 0 files, none of them an image")
    (tmp_path / "a.txt").write_text("text")
    fails(tmp_path, "with 1 files, none of them an image")
    save(Image.new("L", (8, 8)), tmp_path / "1.png")
    fails(tmp_path, "one of folder.* Received", label_column="y")
    fails(tmp_path, "`image_size` must be an integer", image_size=0)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), "uint8")
    save(Image.fromarray(noise), tmp_path / "b" / "2.png")
    whole = (tmp_path / "b" / "2.png").read_bytes()
    (tmp_path / "b" / "2.png").write_bytes(whole[:500])
    fails(tmp_path, "Received: b/2.png in folder=")
    (tmp_path / "b" / "2.png").write_bytes(b"no image")
    fails(tmp_path, "Received: b/2.png in folder=")


# === Errors ===


def test_other_paths(tmp_path, write):
    fails(tmp_path / "no.csv", "no such file", FileNotFoundError)
    fails(write("a.docx", ""), "one of .csv, .*Received: .*'.docx'")
    fails("gs://bucket/a.csv", "not an address")


@pytest.mark.parametrize("package", ["PIL", "pyarrow"])
def test_packages_that_are_missing(package, tmp_path, write, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    path = tmp_path if package == "PIL" else write("a.parquet", "")
    fails(path, "pip install p", ImportError)
