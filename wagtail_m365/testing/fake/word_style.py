"""The look of the fake's pages: an office editor's, without anybody's logo."""

from __future__ import annotations

STYLE = """
:root { --app: #185abd; --ink: #201f1e; --soft: #605e5c; --line: #d6d4d2; }
* { box-sizing: border-box; }
body { margin: 0; background: #f3f2f1; color: var(--ink);
  font: 16px/1.5 "Segoe UI", "Noto Sans", system-ui, sans-serif; }
body.Excel { --app: #0e6b39; } body.PowerPoint { --app: #b5381a; }
a { color: var(--app); }
a:focus-visible, button:focus-visible, input:focus-visible, textarea:focus-visible,
select:focus-visible { outline: 3px solid #f2a900; outline-offset: 1px; }
.fake { background: #fff4ce; border-bottom: 1px solid #e3c96b; padding: .4rem 1.25rem;
  font-size: .875rem; }
header { background: var(--app); color: #fff; padding: .6rem 1.25rem; display: flex;
  gap: 1rem; align-items: center; flex-wrap: wrap; }
header a { color: #fff; } header .kind { font-weight: 600; }
header h1 { font-size: 1rem; margin: 0; font-weight: 400; overflow-wrap: anywhere; }
header form { margin-left: auto; display: flex; gap: .5rem; align-items: center;
  max-width: 100%; }
header select { min-width: 0; }
header label { white-space: nowrap; }
.ribbon { background: #fff; border-bottom: 1px solid var(--line); padding: .6rem 1.25rem;
  display: flex; gap: .6rem; flex-wrap: wrap; align-items: center; }
.ribbon form, .ribbon details form { display: flex; gap: .5rem; align-items: center; }
.ribbon .end { margin-left: auto; color: var(--soft); font-size: .875rem; }
button, .button, select, input { font: inherit; padding: .3rem .8rem; border-radius: 4px;
  border: 1px solid #8a8886; background: #fff; color: var(--ink); }
button { cursor: pointer; } button:hover { background: #edebe9; }
button.main { background: var(--app); border-color: var(--app); color: #fff; }
button.main:hover { filter: brightness(1.12); }
summary { cursor: pointer; padding: .3rem .4rem; }
.desk { display: grid; grid-template-columns: minmax(0, 1fr) 19rem; gap: 1.5rem;
  max-width: 80rem; margin: 1.5rem auto; padding: 0 1.25rem; }
@media (max-width: 60rem) { .desk { grid-template-columns: minmax(0, 1fr); } }
.sheet { background: #fff; border: 1px solid var(--line); padding: 2.5rem 3rem;
  box-shadow: 0 2px 6px rgb(0 0 0 / 12%); margin-bottom: 1.25rem; }
.sheet label { display: block; color: var(--soft); font-size: .875rem; }
.sheet textarea { width: 100%; border: 0; resize: vertical; color: var(--ink);
  font: 1.05rem/1.7 Calibri, Carlito, "Segoe UI", sans-serif; min-height: 26rem; }
.PowerPoint .sheet { padding: 1.25rem 1.5rem; }
.PowerPoint .sheet textarea { min-height: 9rem; }
.cells { padding: 1rem; overflow-x: auto; }
.cells table { width: auto; } .cells caption { text-align: left; color: var(--soft); }
.cells td, .cells th { border: 1px solid var(--line); padding: 0; min-width: 8rem; }
.cells th { background: #f3f2f1; text-align: center; min-width: 2.5rem; }
.cells input { width: 100%; border: 0; border-radius: 0; padding: .3rem .5rem; }
.cells input[readonly] { color: var(--soft); font-style: italic; }
aside { font-size: .9rem; } aside section, .panel { background: #fff; padding: 1rem;
  border: 1px solid var(--line); border-radius: 4px; margin-bottom: 1rem; }
aside h2, .panel h2 { font-size: 1rem; margin: 0 0 .5rem; }
dl { margin: 0; } dt { color: var(--soft); } dd { margin: 0 0 .5rem;
  overflow-wrap: anywhere; } code { font-size: .85em; }
main.plain { max-width: 60rem; margin: 1.5rem auto; padding: 0 1.25rem; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: .5rem .6rem; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: .875rem; }
.message { padding: .7rem 1.25rem; background: #dff6dd; border-bottom: 1px solid #9fd89f; }
.message.bad { background: #fde7e9; border-color: #eeacb2; }
"""
