"use strict";
const COLORS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9",
  "#7f3c8d", "#8a6d3b", "#3969ac", "#a5aa00"];
const byId = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function percent(share) { return `${(100 * share).toFixed(1)} %`; }
function megabytes(bytes) { return `${(bytes / 1e6).toFixed(1)} MB`; }
function color(cluster) { return COLORS[cluster % COLORS.length]; }
function nameOf(model, cluster) {
  const name = model.classes ? model.classes.names[cluster] : "";
  return name ? `cluster ${cluster}, mostly “${name}”` : `cluster ${cluster}`;
}

function table(head, rows, numbers = []) {
  const line = (cells, tag) => make("tr", {}, ...cells.map((cell, i) =>
    make(tag, numbers.includes(i) ? { class: "number" } : {}, String(cell))));
  const body = make("tbody", {}, ...rows.map((row) => line(row, "td")));
  return make("div", { class: "scroll", tabindex: "0" },
    make("table", {}, make("thead", {}, line(head, "th")), body));
}

// === Cards ===

function scoresOf(model) {
  const names = Object.keys(model.scores);
  const rows = [["all seeds", ...names.map((n) => model.scores[n].text)]];
  if (model.paper.source) {
    rows.push([model.paper.source, ...names.map((n) => model.paper[n] ?? "–")]);
  }
  const baselines = Object.entries(model.baselines);
  const shown = baselines.slice(0, 1).concat(baselines.filter(([n], i) => i && n === "kmeans"));
  for (const [name, accuracy] of shown) {
    rows.push([name, ...names.map((n) => (n === "accuracy" ? accuracy.toFixed(4) : "–"))]);
  }
  return table(["", ...names], rows);
}

function confusionOf(model) {
  const { table: counts, rows, columns } = model.classes;
  const found = table(["class", ...columns], counts.map((row, i) => [rows[i], ...row]));
  found.querySelectorAll("tbody tr").forEach((line, i) => {
    const total = counts[i].reduce((a, b) => a + b, 0) || 1;
    counts[i].forEach((count, j) => {
      const cell = line.children[j + 1];
      cell.style.background = `rgba(var(--cell), ${0.6 * count / total})`;
      if (!count) cell.textContent = "";
    });
  });
  return found;
}

function drawPoints(canvas, points, mark) {
  const context = canvas.getContext("2d"), size = canvas.width;
  context.clearRect(0, 0, size, size);
  const at = (value) => size / 2 + value * size * 0.46;
  points.x.forEach((x, i) => {
    context.fillStyle = points.cluster ? color(points.cluster[i]) : COLORS[0];
    context.globalAlpha = points.certainty ? 0.25 + 0.75 * points.certainty[i] : 0.8;
    context.beginPath();
    context.arc(at(x), at(-points.y[i]), size / 90, 0, 7);
    context.fill();
  });
  context.globalAlpha = 1;
  if (mark) {
    const edge = (value) => Math.min(size - 8, Math.max(8, at(value)));
    context.strokeStyle = getComputedStyle(document.body).color;
    context.lineWidth = 3;
    context.beginPath();
    context.arc(edge(mark[0]), edge(-mark[1]), 7, 0, 7);
    context.stroke();
  }
}

function tellPoint(event, canvas, model) {
  const box = canvas.getBoundingClientRect(), points = model.points;
  const x = ((event.clientX - box.left) / box.width - 0.5) / 0.46;
  const y = -((event.clientY - box.top) / box.height - 0.5) / 0.46;
  let best = -1, least = 0.0025;
  points.x.forEach((px, i) => {
    const distance = (px - x) ** 2 + (points.y[i] - y) ** 2;
    if (distance < least) { least = distance; best = i; }
  });
  const hint = byId("hint");
  hint.hidden = best < 0;
  if (best < 0) return;
  const parts = [];
  if (points.cluster) {
    parts.push(`cluster ${points.cluster[best]}, certainty ${percent(points.certainty[best])}`);
  }
  if (points.class) parts.push(`class “${points.class[best]}”`);
  hint.textContent = parts.join("; ");
  hint.style.left = `${Math.min(event.clientX + 12, innerWidth - 190)}px`;
  hint.style.top = `${event.clientY + 12}px`;
}

function pointsOf(model) {
  const canvas = make("canvas", { class: "points", width: 640, height: 640, role: "img",
    "aria-label": `Embedding of ${model.points.x.length} samples, by cluster` });
  drawPoints(canvas, model.points);
  canvas.addEventListener("pointermove", (event) => tellPoint(event, canvas, model));
  canvas.addEventListener("pointerleave", () => { byId("hint").hidden = true; });
  return canvas;
}

function details(title, build) {
  const node = make("details", {}, make("summary", {}, title));
  node.addEventListener("toggle", () => {
    if (node.open && node.children.length === 1) node.append(build());
  });
  return node;
}

function card(model) {
  const clusters = model.clusters === null ? "" : `, ${model.clusters} clusters`;
  const node = make("article", { id: model.name },
    make("h3", {}, model.name),
    make("p", { class: "about" }, `${model.class} on ${model.dataset}${clusters}, `
      + `${megabytes(model.bytes)}, ${model.split}`));
  if (model.preview) {
    node.append(make("img", { src: model.preview.source, loading: "lazy",
      width: model.preview.width, height: model.preview.height,
      alt: `Samples, embedding and clusters beside classes of ${model.name}` }));
  }
  node.append(scoresOf(model));
  if (model.points) node.append(details("Embedding", () => pointsOf(model)));
  if (model.classes && model.classes.table) {
    node.append(details("Clusters and classes", () => confusionOf(model)));
  }
  node.append(details("Use it", () => make("pre", {}, [
    "import kerasdc", "", `model = kerasdc.load("${model.name}")`,
    `model.${model.clusters === null ? "embed" : "assign"}(x)  # ${model.inputs}`].join("\n"))));
  node.append(details("Files", () => table(["file", "bytes", "SHA-256"],
    model.files.map(([name, size, sha]) => [name, size.toLocaleString("en"), sha]))));
  return node;
}

// === Filter ===

function fill(select, values) {
  for (const value of [...new Set(values)].sort()) {
    select.append(make("option", { value }, value));
  }
}

function show() {
  const name = byId("by-name").value.toLowerCase(), system = byId("by-system").value;
  const dataset = byId("by-dataset").value, size = Number(byId("by-size").value || Infinity);
  let count = 0;
  for (const model of GALLERY.models) {
    const fits = model.name.includes(name) && (!system || model.system === system)
      && (!dataset || model.dataset === dataset) && model.bytes < 1e6 * size;
    byId(model.name).hidden = !fits;
    count += fits;
  }
  byId("count").textContent = `${count} of ${GALLERY.models.length} models`;
}

function showResults() {
  for (const [name, rows] of Object.entries(GALLERY.results)) {
    byId("results").append(details(name, () => table(["", "recipe", "ACC", "NMI"],
      rows.map(([system, recipe, accuracy, nmi]) =>
        [system, recipe || "baseline", accuracy.toFixed(4), nmi.toFixed(4)]), [2, 3])));
  }
}

byId("models").append(...GALLERY.models.map(card));
fill(byId("by-system"), GALLERY.models.map((model) => model.system));
fill(byId("by-dataset"), GALLERY.models.map((model) => model.dataset));
byId("filter").addEventListener("input", show);
byId("filter").addEventListener("submit", (event) => event.preventDefault());
show();
showResults();
