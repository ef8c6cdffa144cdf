"""What is installed from a wheel, without the checkout."""

import os
import pathlib
import subprocess
import sys
import zipfile

import pytest

import kerasdc

ROOT = pathlib.Path(kerasdc.__file__).parents[1]
LARGEST = 10_000_000  # bytes
LOADS = """
import pathlib
import kerasdc
print(pathlib.Path(kerasdc.__file__).parent)
model = kerasdc.load("dec_digits")
digits = kerasdc.datasets.load("digits")
print(kerasdc.metrics.clustering_accuracy(digits.y, model.assign(digits.x)))
print(kerasdc.zoo.verify("vade_digits")["difference"] <= 1e-5)
print(len(kerasdc.list_models()), kerasdc.info("dec_digits").num_clusters)
"""

pytestmark = pytest.mark.skipif(
    not (ROOT / "setup.py").is_file(), reason="not a checkout"
)


def run(*command, **kwargs):
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, **kwargs
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from the source archive, as a release is."""
    folder = tmp_path_factory.mktemp("dist")
    build = ["-m", "build", "--no-isolation", "--outdir", str(folder)]
    run(sys.executable, *build, str(ROOT))
    (source,) = folder.glob("*.tar.gz")
    assert source.name == f"kerasdc-{kerasdc.__version__}.tar.gz"
    (found,) = folder.glob("*.whl")
    return found


def test_a_wheel_is_small_and_has_models(wheel):
    assert wheel.stat().st_size < LARGEST
    names = zipfile.ZipFile(wheel).namelist()
    bundled = {n.split("/")[3] for n in names if "/zoo/bundled/" in n}
    assert (
        {"dec_digits", "vade_digits"} <= bundled <= set(kerasdc.list_models())
    )
    tops = {name.split("/")[0] for name in names}
    assert tops == {"kerasdc", f"kerasdc-{kerasdc.__version__}.dist-info"}


def test_an_installed_wheel_loads_at_once(wheel, tmp_path):
    site = tmp_path / "site"
    pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    run(sys.executable, *pip, "--target", str(site), str(wheel))
    environment = {**os.environ, "PYTHONPATH": str(site)}
    environment.pop("KERASDC_ZOO", None)
    out = run(
        sys.executable, "-c", LOADS, cwd=tmp_path, env=environment
    ).split()
    assert out[0] == str(site / "kerasdc")
    assert float(out[1]) > 0.9
    assert out[2:] == ["True", str(len(kerasdc.list_models())), "10"]
