/** One style sheet for all pages, light and dark. */
export const STYLE = `
:root {
  --page: #f6f7f9; --card: #ffffff; --line: #e2e5ea; --text: #14171c; --soft: #5b6472; --tint: #eef1f6;
  --blue: #2f63e6; --blue-soft: #bfd0fb; --violet: #8a4fd3; --violet-soft: #dcc8f5; --red: #c92a3b; --red-soft: #fbe3e5;
  --green: #1b7f4d; --green-soft: #ddf3e6; --amber: #9a5b00; --amber-soft: #fdeccc; --grey: #aab2bd;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101317; --card: #181c22; --line: #2a3038; --text: #e8ebf0; --soft: #98a2b0; --tint: #222831;
    --blue: #6d97ff; --blue-soft: #24396e; --violet: #b98af0; --violet-soft: #40295f; --red: #ff7a87; --red-soft: #46202a;
    --green: #5fcf97; --green-soft: #173828; --amber: #f2b75c; --amber-soft: #42300f; --grey: #5d6672;
  }
}
* { box-sizing: border-box; margin: 0; }
html { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Hiragino Sans", "Noto Sans JP", sans-serif; color: var(--text); background: var(--page); padding: 24px; }
code { font: 0.86em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
h1 { font-size: 22px; line-height: 1.25; letter-spacing: -0.01em; }
h2 { font-size: 15px; margin-bottom: 10px; }
h3 { font-size: 13px; font-weight: 600; }
.note, small { color: var(--soft); font-size: 13px; }
.empty, .more { color: var(--soft); font-size: 14px; }
.more { font-size: 13px; padding: 4px 0; }
button { font: inherit; font-size: 14px; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 5px 11px; cursor: pointer; }
button:hover { border-color: var(--soft); }
:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; }
.chip { font-size: 12px; line-height: 20px; padding: 0 8px; border-radius: 10px; background: var(--tint); color: var(--soft); display: inline-block; }
.chip.good { background: var(--green-soft); color: var(--green); }
.chip.bad { background: var(--red-soft); color: var(--red); }
.app { font-weight: 600; overflow-wrap: anywhere; }
.face { width: 38px; height: 38px; flex: none; border-radius: 50%; display: grid; place-items: center; font-weight: 650; color: #fff; background: #6b7684; }
.face-alice { background: #c2417c; }
.face-bob { background: #2c7be0; }
.face-carol { background: #1d8a5f; }

.home main, .gone-note { max-width: 1180px; margin: 0 auto; }
.top { display: grid; gap: 2px; }
.top .chip { margin-left: 6px; }
.numbers { display: flex; flex-wrap: wrap; gap: 10px; margin: 18px 0; }
.numbers > div { flex: 1 1 130px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 10px 14px; }
.numbers dt { color: var(--soft); font-size: 13px; }
.numbers dd { font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; display: flex; align-items: baseline; gap: 8px; flex-wrap: wrap; }
.numbers .warn { background: var(--red-soft); border-color: transparent; }
.numbers .warn dd, .numbers .warn dt { color: var(--red); }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) 320px; gap: 16px; align-items: start; }
.wide, .narrow { display: grid; gap: 16px; min-width: 0; }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 16px 18px; min-width: 0; }
.panel h3 { margin: 14px 0 6px; color: var(--soft); }
.buttons { display: flex; flex-wrap: wrap; gap: 6px; }
.pending { list-style: none; padding: 0; margin-bottom: 8px; display: grid; gap: 4px; }
.pending li { background: var(--amber-soft); color: var(--amber); border-radius: 8px; padding: 4px 10px; font-size: 14px; }
.switches { display: grid; gap: 2px; }
.switch { display: flex; align-items: center; gap: 10px; border: 0; background: none; padding: 5px 0; text-align: left; line-height: 1.35; }
.knob { flex: none; width: 34px; height: 20px; border-radius: 10px; background: var(--grey); position: relative; }
.knob::after { content: ""; position: absolute; width: 16px; height: 16px; left: 2px; top: 2px; border-radius: 50%; background: #fff; }
.switch[aria-checked="true"] .knob { background: var(--blue); }
.switch[aria-checked="true"] .knob::after { left: 16px; }

.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; color: var(--soft); margin-bottom: 6px; }
.key { display: inline-flex; align-items: center; gap: 6px; }
.key::before { content: ""; width: 14px; height: 8px; border-radius: 2px; background: var(--grey); }
.key.access::before { background: var(--blue); }
.key.refresh::before { background: var(--violet); }
.key.now::before { width: 2px; height: 14px; border-radius: 0; background: var(--text); }
.grant { padding: 12px 0; border-top: 1px solid var(--line); }
.grant header { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; margin-bottom: 6px; }
.panel .grant h3 { margin: 0; color: var(--text); font-size: 15px; }
.grant h3 .app { color: var(--soft); font-weight: 400; }
.grow { flex: 1; }
.lives { display: grid; gap: 3px; }
.life { display: grid; grid-template-columns: 132px minmax(0, 1fr) 190px; gap: 12px; align-items: center; font-size: 13px; }
.life .what { display: flex; gap: 8px; align-items: baseline; }
.life .what small { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.life .said { color: var(--soft); font-variant-numeric: tabular-nums; }
.life svg { width: 100%; height: 14px; display: block; background: var(--tint); border-radius: 3px; }
.life.access .lived { fill: var(--blue); }
.life.refresh .lived { fill: var(--violet); }
.life.access .unlived { fill: var(--blue-soft); }
.life.refresh .unlived { fill: var(--violet-soft); }
.life:not(.alive) .lived { fill: var(--grey); }
.life:not(.alive) .unlived { opacity: 0.45; }
.life.spent .mark { fill: var(--violet); }
.life.revoked .mark { fill: var(--red); }
.life.revoked .said { color: var(--red); }
.life .now { fill: var(--text); }

.posts { list-style: none; padding: 0; }
.post { display: flex; gap: 12px; padding: 12px 0; border-top: 1px solid var(--line); }
.post:first-child { border-top: 0; padding-top: 2px; }
.post > div { min-width: 0; flex: 1; }
.post .text { white-space: pre-wrap; overflow-wrap: anywhere; }
.post .reply { color: var(--soft); font-size: 13px; }
.post .under { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; color: var(--soft); margin-top: 2px; }
.post.deleted .text { text-decoration: line-through; color: var(--soft); }
.gone-note { display: none; }
.gone main { opacity: 0.5; }
.gone .gone-note { display: block; position: fixed; left: 50%; bottom: 20px; transform: translateX(-50%); background: var(--red); color: #fff; border-radius: 10px; padding: 8px 16px; width: max-content; max-width: 90vw; }

.consent { display: grid; place-items: start center; min-height: 100vh; padding: 6vh 16px 24px; }
.card { width: 100%; max-width: 460px; background: var(--card); border: 1px solid var(--line); border-radius: 18px; padding: 28px; display: grid; gap: 18px; }
.card form { display: grid; gap: 18px; }
.badge { font-size: 12px; letter-spacing: 0.04em; text-transform: uppercase; color: var(--soft); font-weight: 600; }
fieldset { border: 0; padding: 0; display: grid; gap: 10px; min-width: 0; }
legend { font-weight: 600; padding: 0; margin-bottom: 8px; }
.people { display: grid; gap: 6px; }
.person { display: flex; align-items: center; gap: 12px; border: 1px solid var(--line); border-radius: 12px; padding: 8px 12px; cursor: pointer; }
.person input { position: absolute; opacity: 0; }
.person span:last-child { display: grid; line-height: 1.3; }
.person:hover { border-color: var(--soft); }
.person:has(:checked) { border-color: var(--blue); box-shadow: inset 0 0 0 1px var(--blue); background: color-mix(in srgb, var(--blue) 7%, transparent); }
.card form:has(.at input:not(:placeholder-shown)) .person { opacity: 0.45; }
.person:has(:focus-visible) { outline: 2px solid var(--blue); outline-offset: 2px; }
.other { color: var(--soft); font-size: 14px; display: flex; align-items: center; gap: 10px; flex-wrap: wrap; }
.at { display: inline-flex; align-items: center; border: 1px solid var(--line); border-radius: 8px; padding: 0 10px; flex: 1 1 150px; min-width: 0; }
.at:focus-within { border-color: var(--blue); }
.at input { font: inherit; color: var(--text); background: none; border: 0; padding: 7px 2px; width: 100%; min-width: 0; outline: 0; }
.asks { font-weight: 600; margin-bottom: -10px; }
.scopes { list-style: none; padding: 0; display: grid; gap: 6px; }
.scopes li { display: flex; justify-content: space-between; gap: 12px; align-items: baseline; }
.scopes code { color: var(--soft); flex: none; max-width: 50%; }
.choice { display: grid; gap: 8px; }
.choice button { padding: 11px; border-radius: 22px; font-weight: 600; font-size: 15px; }
.primary { background: var(--text); color: var(--card); border-color: var(--text); }
.primary:hover { opacity: 0.9; }
.target { color: var(--soft); font-size: 13px; border-top: 1px solid var(--line); padding-top: 14px; }
.problem { background: var(--red-soft); color: var(--red); border-radius: 10px; padding: 10px 14px; overflow-wrap: anywhere; }

@media (max-width: 900px) {
  .columns { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 640px) {
  body { padding: 14px; }
  .life { grid-template-columns: 1fr auto; gap: 2px 12px; padding: 4px 0; }
  .life svg { grid-column: 1 / -1; grid-row: 2; }
  .consent { padding-top: 14px; }
  .card { padding: 20px; border-radius: 14px; }
}
`;
