"""The gallery in a browser: draw, choose, generate, filter.

Needs the package `playwright` and a Chromium, which `CHROMIUM` may name; and
ONNX Runtime Web, from `ONNXRUNTIME_WEB` (its folder `dist`) or npm.
"""

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import pytest

import kerasdc
from kerasdc.zoo.gallery import write_gallery

pytestmark = pytest.mark.slow
playwright = pytest.importorskip("playwright.sync_api")

NAMES = ["imsat_digits", "dec_digits", "vade_digits"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# A zero, as a polygon on a pad of 280 x 280.
ANGLES = np.linspace(0, 2 * np.pi, 25)
ZERO = np.stack([140 + 65 * np.sin(ANGLES), 140 - 100 * np.cos(ANGLES)], 1)
ANSWER = r"cluster \d+, mostly “\d”; certainty [\d.]+ %"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    if os.environ.get("ONNXRUNTIME_WEB"):
        return Path(os.environ["ONNXRUNTIME_WEB"])
    if shutil.which("npm") is None:
        pytest.skip("npm is not here")
    folder = tmp_path_factory.mktemp("npm")
    pack = ["npm", "pack", "onnxruntime-web@1.30.0"]
    subprocess.run(pack, cwd=folder, check=True, capture_output=True)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / "package" / "dist"


@pytest.fixture(scope="module")
def browser():
    found = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, BROWSERS)), None
    )
    if found is None:
        pytest.skip("no Chromium is here")
    with playwright.sync_playwright() as running:
        yield running.chromium.launch(
            executable_path=found, args=["--no-sandbox"]
        )


@pytest.fixture(scope="module")
def address(runtime, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gallery")
    return write_gallery(folder, runtime, NAMES).as_uri()


@pytest.fixture
def page(browser, address):
    """The page; at the end, the console must be empty."""
    page, said = browser.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    yield page
    page.close()
    assert not said


def answer_of(page):
    page.wait_for_function(
        "/certainty/.test(document.getElementById('answer').textContent)",
        timeout=60_000,
    )
    text = page.text_content("#answer")
    assert re.fullmatch(ANSWER, text), text
    return text


def draw(page, points):
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + points[0][0], box["y"] + points[0][1])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=3)
    page.mouse.up()


def test_a_zero_that_is_drawn(page):
    page.select_option("#try-model", "imsat_digits")
    draw(page, ZERO.tolist())
    assert "mostly “0”" in answer_of(page)
    widths = page.eval_on_selector_all(
        "#bars i", "bars => bars.map(bar => bar.getBoundingClientRect().width)"
    )
    assert len(widths) == 10 and sorted(widths)[-2] < max(widths)
    page.click("#clear")
    assert page.text_content("#answer") == "Draw a digit."


def test_digits_are_chosen_by_keyboard(page):
    model = kerasdc.load("dec_digits")
    page.select_option("#try-model", "dec_digits")
    samples = page.evaluate("GALLERY.samples.digits")
    images = np.array(samples["images"]).reshape(10, 8, 8) * 16 / 255
    for i, cluster in enumerate(model.assign(images)):
        page.focus(f"#digits button:nth-child({i + 1})")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "!/…/.test(document.getElementById('answer').textContent)"
        )
        assert f"cluster {cluster}," in answer_of(page)


def test_a_component_is_generated(page):
    page.locator("#generate").scroll_into_view_if_needed()
    page.wait_for_function(
        "document.getElementById('generate-status').textContent", timeout=60_000
    )
    assert page.text_content("#generate-status") == "Generated."
    image = "document.getElementById('generated').toDataURL()"
    before = page.evaluate(image)
    page.focus("#sliders input")
    page.keyboard.press("Home")
    page.wait_for_function(f"{image} !== {before!r}", timeout=20_000)


def test_models_are_filtered(page):
    page.select_option("#by-system", "dec")
    assert page.text_content("#count") == "1 of 3 models"
    assert page.locator("article:visible").count() == 1
    page.select_option("#by-system", "")
    page.fill("#by-name", "vade")
    assert page.text_content("#count") == "1 of 3 models"


def test_points_are_told(page):
    page.click("#dec_digits summary")
    canvas = page.locator("#dec_digits canvas")
    box = canvas.bounding_box()
    x, y = page.evaluate(
        "[0, 1].map(i => GALLERY.models[1].points['xy'[i]][0])"
    )
    canvas.hover(
        position={
            "x": box["width"] * (0.5 + 0.46 * x),
            "y": box["height"] * (0.5 - 0.46 * y),
        }
    )
    hint = page.text_content("#hint")
    assert re.match(r"cluster \d, certainty [\d.]+ %; class “\d”", hint)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it(scheme, browser, address):
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, color_scheme=scheme
    )
    page = context.new_page()
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    colors = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor,"
        " getComputedStyle(document.body).color]"
    )
    is_light = [sum(map(int, re.findall(r"\d+", c)[:3])) > 382 for c in colors]
    assert is_light == [scheme == "light", scheme == "dark"]
    context.close()


MOVES = """
window.moves = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (!entry.hadRecentInput) window.moves += entry.value;
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_moves_while_it_is_read(width, browser, address):
    page = browser.new_page(viewport={"width": width, "height": 740})
    page.add_init_script(MOVES)
    page.goto(address)
    for y in range(0, 4000, 700):
        page.evaluate(f"scrollTo(0, {y})")
        page.wait_for_timeout(200)
    assert page.evaluate("window.moves") == 0
    page.close()


def test_everything_to_use_has_a_name(page):
    unnamed = page.evaluate(
        """[...document.querySelectorAll("button, select, input, canvas, img")]
        .filter(node => !(node.getAttribute("aria-label") || node.alt
            || node.textContent.trim() || node.closest("label")))
        .filter(node => !node.closest("button[aria-label]"))
        .map(node => node.outerHTML.slice(0, 80))"""
    )
    assert unnamed == []
