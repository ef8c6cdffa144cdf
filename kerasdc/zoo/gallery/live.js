"use strict";
// Models run in the page by ONNX Runtime Web. Scripts bring their bytes, since
// a page that is opened from a folder may not read other files.
const scripts = new Map(), received = new Map(), sessions = new Map();
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
function kerasdcRuntime(module, binary) { received.set("runtime", [module, binary]); }
function kerasdcModel(name, content) { received.set(name, content); }

function script(name) {
  if (!scripts.has(name)) {
    scripts.set(name, new Promise((resolve, reject) => {
      const node = make("script", { src: `live/${name}.js` });
      node.onload = () => resolve(received.get(name));
      node.onerror = () => reject(new Error(`live/${name}.js is missing`));
      document.head.append(node);
    }));
  }
  return scripts.get(name);
}

let runtime;
async function loadRuntime() {
  const [module, binary] = await script("runtime");
  const blob = new Blob([bytesOf(module)], { type: "text/javascript" });
  const ort = await import(URL.createObjectURL(blob));
  ort.env.wasm.wasmBinary = bytesOf(binary).buffer;
  ort.env.wasm.numThreads = 1;
  return ort;
}

async function run(name, values, shape) {
  runtime ??= loadRuntime();
  const ort = await runtime;
  if (!sessions.has(name)) {
    sessions.set(name, script(name).then((content) => ort.InferenceSession.create(bytesOf(content))));
  }
  const session = await sessions.get(name);
  return session.run({ inputs: new ort.Tensor("float32", Float32Array.from(values), shape) });
}

// === Drawing ===

const LIVE = GALLERY.models.filter((model) => model.live);
const pad = byId("pad"), ink = pad.getContext("2d", { willReadFrequently: true });
let asked = 0, given = null; // a digit that was chosen, as it is

function chosen(id) { return GALLERY.models.find((model) => model.name === byId(id).value); }

function clearPad() {
  ink.fillStyle = "#000";
  ink.fillRect(0, 0, pad.width, pad.height);
}

/** What was drawn, as the data sets have it: cut out, scaled, moved. */
function sampleOf(model) {
  const { size, highest } = GALLERY.samples[model.dataset];
  const pixels = ink.getImageData(0, 0, pad.width, pad.height).data;
  let left = pad.width, right = -1, top = pad.height, bottom = -1;
  for (let y = 0; y < pad.height; y++) for (let x = 0; x < pad.width; x++) {
    if (pixels[4 * (y * pad.width + x)] > 40) {
      left = Math.min(left, x); right = Math.max(right, x);
      top = Math.min(top, y); bottom = Math.max(bottom, y);
    }
  }
  if (right < 0) return null;
  // MNIST: 20 of 28 pixels, its center of mass in the middle.
  const room = model.dataset === "mnist" ? 20 / 28 : 1;
  const width = right - left + 1, height = bottom - top + 1;
  const scale = room * size / Math.max(width, height);
  const small = make("canvas", { width: size, height: size }), brush = small.getContext("2d", { willReadFrequently: true });
  const draw = (x, y) => {
    brush.fillStyle = "#000";
    brush.fillRect(0, 0, size, size);
    brush.imageSmoothingQuality = "high";
    brush.drawImage(pad, left, top, width, height, x, y, width * scale, height * scale);
    const data = brush.getImageData(0, 0, size, size).data;
    return Array.from({ length: size * size }, (_, i) => data[4 * i] / 255);
  };
  let x = (size - width * scale) / 2, y = (size - height * scale) / 2;
  let values = draw(x, y);
  if (model.dataset === "mnist") {
    let total = 0, across = 0, down = 0;
    values.forEach((value, i) => {
      total += value; across += value * (i % size); down += value * Math.floor(i / size);
    });
    values = draw(x + Math.round((size - 1) / 2 - across / total),
      y + Math.round((size - 1) / 2 - down / total));
  }
  return values.map((value) => value * highest);
}

async function answer() {
  const model = chosen("try-model"), values = given ?? sampleOf(model), turn = ++asked;
  if (values === null) { byId("answer").textContent = "Draw a digit."; return; }
  byId("answer").textContent = "…";
  const { size } = GALLERY.samples[model.dataset];
  try {
    const found = await run(model.name, values, [1, size, size]);
    if (turn === asked) tell(model, found);
  } catch (error) {
    byId("answer").textContent = `The model could not be run: ${error.message}`;
  }
}

function tell(model, found) {
  const shares = Array.from(found.soft_assignment.data);
  const cluster = Number(found.cluster.data[0]);
  byId("answer").textContent = `${nameOf(model, cluster)}; certainty ${percent(shares[cluster])}`;
  showBars(model, shares);
  const { mean, axes } = model.points, z = Array.from(found.embedding.data);
  const mark = [0, 1].map((axis) => z.reduce((sum, value, i) => sum + (value - mean[i]) * axes[i][axis], 0));
  drawPoints(byId("place"), model.points, mark);
}

function showBars(model, shares) {
  byId("bars").replaceChildren(...shares.map((share, i) => {
    const bar = make("i");
    bar.style.width = `${100 * share}%`;
    bar.style.background = color(i);
    const name = model.classes ? ` “${model.classes.names[i]}”` : "";
    return make("div", { class: "bar" }, make("span", {}, `cluster ${i}${name}`), bar);
  }));
}

function follow(event) {
  const box = pad.getBoundingClientRect();
  return [(event.clientX - box.left) * pad.width / box.width,
    (event.clientY - box.top) * pad.height / box.height];
}

function startDrawing() {
  let drawing = false;
  ink.lineCap = ink.lineJoin = "round";
  ink.strokeStyle = "#fff";
  ink.lineWidth = 22;
  pad.addEventListener("pointerdown", (event) => {
    drawing = true;
    given = null;
    pad.setPointerCapture(event.pointerId);
    ink.beginPath();
    ink.moveTo(...follow(event));
    ink.lineTo(...follow(event));
    ink.stroke();
  });
  pad.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    ink.lineTo(...follow(event));
    ink.stroke();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    pad.addEventListener(end, () => { drawing = false; answer(); });
  }
  byId("clear").addEventListener("click", () => { given = null; clearPad(); answer(); });
  byId("try-model").addEventListener("change", showDigits);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", answer);
}

function picture(canvas, values, size, highest) {
  const small = make("canvas", { width: size, height: size }), brush = small.getContext("2d");
  const image = brush.createImageData(size, size);
  for (let i = 0; i < size * size; i++) {
    image.data.fill(255 * Math.min(1, Math.max(0, values[i] / highest)), 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  brush.putImageData(image, 0, 0);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
}

function showDigits() {
  const model = chosen("try-model"), { size, highest, images, names } = GALLERY.samples[model.dataset];
  given = null;
  byId("digits").replaceChildren(...images.map((image, i) => {
    const small = make("canvas", { width: 40, height: 40 });
    picture(small, image, size, 255);
    const button = make("button", { type: "button", "aria-label": `a ${names[i]} from ${model.dataset}` }, small);
    button.addEventListener("click", () => {
      picture(pad, image, size, 255);
      given = image.map((value) => value * highest / 255);
      answer();
    });
    return button;
  }));
  drawPoints(byId("place"), model.points);
  showBars(model, Array(model.clusters).fill(0));
  answer();
}

// === Generating ===

const MAKERS = LIVE.filter((model) => model.live.generator);
let noise = [];

function gaussian() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

function codeOf(made, cluster, sliders, clusters) {
  if (made.kind === "mixture") {
    const code = made.means[cluster].map((mean, i) => mean + made.widths[cluster][i] * noise[i]);
    sliders.forEach((value, j) => {
      const axis = made.axes[cluster][j];
      code[axis] = made.means[cluster][axis] + made.widths[cluster][axis] * value;
    });
    return code;
  }
  const chosenCluster = Array.from({ length: clusters }, (_, i) => Number(i === cluster));
  return [...noise.slice(0, made.noise), ...chosenCluster, ...sliders.map((value) => value / 2)];
}

async function generate() {
  const model = chosen("generate-model"), made = model.live.generator;
  const sliders = [...byId("sliders").querySelectorAll("input")].map((node) => Number(node.value));
  const code = codeOf(made, Number(byId("generate-cluster").value), sliders, model.clusters);
  const { size, highest } = GALLERY.samples[model.dataset];
  try {
    const found = await run(`${model.name}_generator`, code, [1, made.dim]);
    picture(byId("generated"), found.samples.data, size, highest);
    byId("generate-status").textContent = "Generated.";
  } catch (error) {
    byId("generate-status").textContent = `It could not be generated: ${error.message}`;
  }
}

function drawNoise() {
  const made = chosen("generate-model").live.generator;
  noise = Array.from({ length: made.dim }, () =>
    (made.kind === "mixture" ? 0.5 * gaussian() : 2 * Math.random() - 1));
  generate();
}

function showMaker() {
  const model = chosen("generate-model"), made = model.live.generator;
  byId("generate-cluster").replaceChildren(...Array.from({ length: model.clusters }, (_, i) =>
    make("option", { value: i }, nameOf(model, i))));
  const number = made.kind === "mixture" ? made.axes[0].length : made.codes;
  byId("sliders").replaceChildren(...Array.from({ length: number }, (_, i) => {
    const slider = make("input", { type: "range", min: -2, max: 2, step: 0.1, value: 0 });
    slider.addEventListener("input", generate);
    return make("label", {}, made.kind === "mixture" ? `Axis ${i + 1}` : `Code ${i + 1}`, slider);
  }));
}

if (LIVE.length) {
  byId("try").hidden = false;
  const best = LIVE.find((model) => model.name === "imsat_mnist") ?? LIVE[0];
  byId("try-model").append(...LIVE.map((model) => make("option", { value: model.name }, model.name)));
  byId("try-model").value = best.name;
  clearPad();
  startDrawing();
  showDigits();
}
if (MAKERS.length) {
  byId("generate").hidden = false;
  byId("generate-model").append(...MAKERS.map((model) => make("option", { value: model.name }, model.name)));
  byId("generate-model").addEventListener("change", () => { showMaker(); drawNoise(); });
  showMaker();
  byId("generate-cluster").addEventListener("change", generate);
  byId("other").addEventListener("click", drawNoise);
  // The runtime has 14 MB: it is loaded when somebody comes this far.
  new IntersectionObserver((entries, observer) => {
    if (entries.some((entry) => entry.isIntersecting)) { observer.disconnect(); drawNoise(); }
  }).observe(byId("generate"));
}
