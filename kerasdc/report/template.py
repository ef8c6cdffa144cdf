"""The page around the sections, and its style."""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header><h1>{title}</h1><p>{subtitle}</p></header>
<main>
{sections}
</main>
<footer>{footer}</footer>
</body>
</html>
"""

STYLE = """
:root { color-scheme: light; }
body { max-width: 1000px; margin: 0 auto; padding: 2.5rem 1.5rem;
  background: #fff; color: #222; font: 16px/1.55 system-ui, -apple-system,
  "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.75rem 0 .75rem; }
p, figure { margin: 0 0 1rem; }
p { max-width: 44rem; }
header p, footer, figcaption, .note { color: #5f5f5f; }
header p { margin-top: .4rem; }
figcaption, .note { font-size: .9rem; }
img { display: block; max-width: 100%; height: auto; }
.beside { display: flex; flex-wrap: wrap; gap: 1rem 2%; }
.beside figure { flex: 1 1 20rem; max-width: 49%; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem 1.4rem .4rem 0; text-align: left;
  vertical-align: top; border-bottom: 1px solid #e4e4e4; }
th { font-weight: 600; }
thead th { border-bottom: 1.5px solid #9a9a9a; vertical-align: bottom; }
.number { text-align: right; white-space: nowrap; }
.wide { overflow-x: auto; }
code { font: .875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas,
  monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
blockquote { margin: 0 0 .6rem; overflow-wrap: anywhere; }
.texts { table-layout: fixed; width: 100%; font-size: .9rem;
  line-height: 1.45; }
.texts th:first-child { width: 6rem; }
.texts .note { font-weight: 400; }
.features { font-size: .875rem; }
.features th, .features td { padding-right: 1rem; }
.bar { display: inline-block; height: .65em; background: #0072b2; }
footer { margin-top: 3.5rem; border-top: 1px solid #e4e4e4;
  padding-top: .75rem; font-size: .9rem; }
@media (max-width: 700px) { .beside figure { max-width: 100%; } }
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  h2 { break-after: avoid; }
  figure, tr { break-inside: avoid; }
  .bar { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
