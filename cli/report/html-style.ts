/** Of the page: light or dark as the reader's system is, and nothing from elsewhere. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fbfbfd; --card: #fff; --ink: #1c2430; --faint: #66707f; --line: #dfe3ea; --code: #f1f3f7;
  --changes: #2f6fdb; --drifted: #b06a00; --failed: #c7283a; --unreached: #8a3ab9; --removed: #c7283a; --unchanged: #8b95a5;
  --plus: #1a7f37; --plus-back: #e6f6ea; --minus: #c7283a; --minus-back: #fdebed;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #10141b; --card: #181e27; --ink: #e4e9f0; --faint: #98a3b3; --line: #2c3542; --code: #202834;
    --changes: #6ea1ff; --drifted: #e5a53c; --failed: #ff7b86; --unreached: #c58bea; --removed: #ff7b86; --unchanged: #7b8798;
    --plus: #56d374; --plus-back: #143020; --minus: #ff8b93; --minus-back: #3a1a20;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; }
h1 { font-size: 1.5rem; margin: 0; line-height: 1.25; }
h1 small { display: block; font-size: .8rem; font-weight: 600; color: var(--faint); letter-spacing: .04em; }
h2 { font-size: 1.05rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 0 0 .4rem; display: flex; flex-wrap: wrap; gap: .3rem .6rem; align-items: baseline; }
h4 { font-size: .95rem; margin: 1.1rem 0 .35rem; }
p { margin: .4rem 0; }
code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .86em; }
code { overflow-wrap: anywhere; }
a { color: inherit; }
.faint { color: var(--faint); font-weight: normal; }
.chips { display: flex; flex-wrap: wrap; gap: .4rem; margin: .9rem 0 0; padding: 0; list-style: none; }
.chip { border: 1px solid var(--line); border-radius: 99px; padding: .05rem .65rem; background: var(--card); font-size: .85rem; }
.chip::before, .badge::before { content: ""; display: inline-block; width: .6em; height: .6em; border-radius: 50%;
  background: var(--kind); margin-right: .4em; }
.fleet { display: grid; gap: .5rem; margin: 1.2rem 0; }
.lane { display: grid; grid-template-columns: minmax(12rem, 5fr) 7fr; gap: .4rem 1.2rem; background: var(--card);
  border: 1px solid var(--line); border-left: 5px solid var(--kind); border-radius: 6px; padding: .7rem .9rem;
  text-decoration: none; align-items: start; }
.lane:hover { border-color: var(--kind); }
.tiles { display: flex; flex-wrap: wrap; gap: .3rem; }
.tile { border: 1px solid var(--kind); border-radius: 4px; padding: .05rem .5rem; font-size: .86rem; }
.unreached .tile { border-style: dashed; }
.lane ul { margin: .15rem 0 0; padding: 0; list-style: none; }
.badge { color: var(--kind); font-weight: 600; font-size: .86rem; white-space: nowrap; }
.changes { --kind: var(--changes); } .drifted { --kind: var(--drifted); } .failed { --kind: var(--failed); }
.unreached { --kind: var(--unreached); } .removed { --kind: var(--removed); } .unchanged { --kind: var(--unchanged); }
.info { --kind: var(--unchanged); } .warning { --kind: var(--drifted); } .error { --kind: var(--failed); }
.card { background: var(--card); border: 1px solid var(--line); border-top: 4px solid var(--kind, var(--line));
  border-radius: 6px; padding: .9rem 1.1rem 1.1rem; margin: 0 0 1rem; }
.message { border-left: 4px solid var(--kind); background: var(--card); padding: .4rem .8rem; margin: .5rem 0; }
.message pre { margin: .2rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; background: none; border: 0; padding: 0; }
table { border-collapse: collapse; font-size: .92em; }
td, th { text-align: left; padding: .12rem 1.1rem .12rem 0; vertical-align: top; font-weight: normal; overflow-wrap: anywhere; }
th { color: var(--faint); }
tr.matters td:nth-child(2) { font-weight: 650; }
.mark { width: 1.4em; text-align: center; padding-right: .4rem; }
.added, .is { color: var(--plus); } .removed-one, .was { color: var(--minus); } .older { color: var(--drifted); font-weight: 600; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 5px; padding: .5rem .7rem; overflow-x: auto; margin: .4rem 0; }
pre span { display: block; margin: 0 -.7rem; padding: 0 .7rem; }
pre .line-is { background: var(--plus-back); color: var(--plus); } pre .line-was { background: var(--minus-back); color: var(--minus); }
details { margin: .4rem 0; } summary { cursor: pointer; color: var(--faint); }
.bars { display: grid; grid-template-columns: auto minmax(6rem, 22rem) auto; gap: .15rem .7rem; align-items: center; font-size: .88em; width: fit-content; }
.bars svg { display: block; width: 100%; height: .7rem; }
.bars .before { fill: var(--faint); } .bars .after { fill: var(--changes); }
footer { margin-top: 3rem; color: var(--faint); font-size: .82rem; }
@media (max-width: 40rem) { .lane { grid-template-columns: 1fr; } main { padding: 1rem .8rem 3rem; } }
`;
