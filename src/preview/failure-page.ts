/** The page in the preview's frame when there is none to show: what is not there, what may be the reason, and that it is tried again. */

export interface FailurePage {
  /** What is wrong, in one sentence. */
  title: string;
  /** What was seen. */
  says: string;
  /** What may be the reason and what can be done, most likely first. `code` in backquotes. */
  reasons: string[];
  /** What happens next by itself; empty when nothing does. */
  next: string;
  theme: 'light' | 'dark' | 'system';
}

const light = '--paper:#fbfaf7;--panel:#f4f2ec;--ink:#16212b;--soft:#5b6872;--line:#e1ddd2;--strong:#c9c4b6;--accent:#c23d08;--raised:#fff';
const dark =
  '--paper:#15181b;--panel:#1b1f23;--ink:#e8e4da;--soft:#a3a79f;--line:#30353a;--strong:#4a5056;--accent:#ff8f57;--raised:#22272c';

export function failureHtml({ title, says, reasons, next, theme }: FailurePage): string {
  const colours =
    theme === 'system'
      ? `:root{color-scheme:light dark;${light}}@media (prefers-color-scheme:dark){:root{${dark}}}`
      : `:root{color-scheme:${theme};${theme === 'dark' ? dark : light}}`;
  const items = reasons.map((reason) => `<li>${inline(reason)}</li>`).join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${text(title)}</title>
<style>${colours}
*{box-sizing:border-box}
body{margin:0;padding:clamp(1rem,6vh,3rem) clamp(1.25rem,7vw,4rem);background:var(--paper);color:var(--ink);font:450 .9375rem/1.5 "Instrument Sans",system-ui,sans-serif}
main{max-width:36rem;margin:0 auto}
h1{margin:0 0 .5rem;font:600 1.375rem/1.25 "Source Serif 4",Georgia,serif;text-wrap:balance}
p{margin:0 0 .75rem;color:var(--soft)}
ul{margin:0 0 1rem;padding:0;list-style:none;border-top:1px solid var(--line)}
li{padding:.5rem 0;border-bottom:1px solid var(--line)}
code{padding:.05em .3em;border-radius:.25rem;background:var(--panel);font:.86em "JetBrains Mono",ui-monospace,Menlo,monospace;overflow-wrap:anywhere}
button{min-height:2rem;padding:0 .75rem;border:1px solid var(--strong);border-radius:.375rem;background:var(--raised);color:var(--ink);font:500 .84375rem/1.2 inherit;font-family:inherit;cursor:pointer}
button:hover{border-color:var(--soft)}
:focus-visible{outline:.125rem solid var(--accent);outline-offset:.125rem}
.again{display:flex;gap:.75rem;align-items:center}
.again p{margin:0;font-size:.84375rem;text-wrap:balance}
button{flex:none}
</style></head>
<body><main><h1>${text(title)}</h1><p>${inline(says)}</p>${items && `<ul>${items}</ul>`}<div class="again"><button type="button" onclick="location.reload()">Try again</button>${
    next && `<p role="status">${text(next)}</p>`
  }</div></main></body></html>`;
}

function inline(source: string): string {
  return source
    .split('`')
    .map((part, index) => (index % 2 === 1 ? `<code>${text(part)}</code>` : text(part)))
    .join('');
}

function text(source: string): string {
  return source.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
