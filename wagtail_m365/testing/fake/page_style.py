"""The stylesheet of the identity platform's pages."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #e9eef5; --card: #fff;
  --line: #767c87; --accent: #0b5cad; --on-accent: #fff; --soft: #f1f5fa; --bad: #a4262c }
@media (prefers-color-scheme: dark) { :root { --ink: #f2f2f4; --paper: #14161b;
  --card: #22252c; --line: #8f97a5; --accent: #8cc2f5; --on-accent: #10233a;
  --soft: #2d323b; --bad: #ff99a4 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-content: center;
  justify-items: center; gap: 1rem; padding: 1.5rem 1rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 "Segoe UI", system-ui, sans-serif }
main { width: min(29rem, calc(100vw - 2rem)); background: var(--card);
  padding: 2rem 2.25rem; border-radius: .6rem; box-shadow: 0 4px 20px rgb(0 0 0 / .14) }
h1 { font-size: 1.5rem; line-height: 1.25; font-weight: 600; margin: 0 0 .75rem }
h2 { font-size: 1rem; font-weight: 600; margin: 1.5rem 0 .5rem }
p { margin: 0 0 .75rem; overflow-wrap: anywhere }
small { font-size: .82rem }
ul { margin: 0 0 1rem; padding-inline-start: 1.2rem }
li { margin-block-end: .4rem }
code { overflow-wrap: anywhere; font-size: .92em }
dl { margin: 1.5rem 0 0; font-size: .82rem; display: grid; gap: .15rem .75rem;
  grid-template-columns: auto 1fr }
dd { margin: 0 }
label { display: block; margin: .75rem 0 .2rem }
input[type=text], input[type=password] { width: 100%; font: inherit; padding: .55rem .65rem;
  border: 1px solid var(--line); border-radius: .3rem; background: transparent;
  color: inherit }
.notice { margin: 0; font-size: .82rem; padding: .15rem .8rem; border-radius: 1rem;
  border: 1px dashed var(--line) }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; justify-content: flex-end;
  margin-block-start: 1.5rem }
button { font: inherit; min-height: 2.75rem; padding: .5rem 1.3rem; border-radius: .3rem;
  cursor: pointer; border: 1px solid var(--line); background: transparent; color: inherit }
button:hover { background: var(--soft) }
.buttons .primary { order: 1 }
button.primary { background: var(--accent); border-color: var(--accent);
  color: var(--on-accent) }
button.primary:hover { filter: brightness(1.1) }
button.tile { display: flex; align-items: center; gap: .9rem; width: 100%;
  text-align: start; margin: .4rem 0; padding: .5rem .8rem; background: var(--soft);
  border-color: transparent }
button.tile:hover { border-color: var(--accent) }
button.tile small { display: block; overflow-wrap: anywhere }
.face { flex: none; width: 2.25rem; height: 2.25rem; border-radius: 50%; display: grid;
  place-content: center; background: var(--accent); color: var(--on-accent);
  font-size: .85rem; font-weight: 600 }
.problem { border-inline-start: .25rem solid var(--bad); padding-inline-start: .75rem;
  color: var(--bad) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
"""
