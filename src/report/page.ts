/**
 * The frame of a report: one self-contained page that asks the network for nothing. Light or dark as
 * the reader's system is; all colours are variables that the drawings refer to.
 */
export function page({ title, body }: { readonly title: string; readonly body: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(title)}</title>
<style>${css}</style>
</head>
<body><main>
${body}
</main></body>
</html>
`
}

/** What to conclude, in words; no line ends between a number and its unit. */
export function verdict(text: string): string {
  const joined = text.replace(/(\d) (?=(?:%|us|ms|s|min|h|d)(?!\w))/g, '$1\u00a0')
  return `<p class="verdict">${escapeHtml(joined)}</p>`
}

/**
 * For text between tags and within quoted attributes; names and errors come from elsewhere. What would turn the
 * direction of the text after it, and control characters, are shown as what cannot be shown.
 */
export function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"']/g, character => entities[character])
    .replace(/[\u202a-\u202e\u2066-\u2069]|(?![\t\n\r])\p{Cc}/gu, '\ufffd')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function htmlTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  options: { readonly text?: boolean } = {},
): string {
  const head = titles.map(title => `<th scope="col">${escapeHtml(title)}</th>`).join('')
  const body = rows
    .map(([first, ...others]) => {
      const cells = others.map(cell => `<td>${isolated(cell)}</td>`).join('')
      return `<tr><th scope="row">${isolated(first)}</th>${cells}</tr>`
    })
    .join('\n')
  const kind = options.text === true ? ' class="text"' : ''
  return scrollBox(
    'scroll',
    `<table${kind}><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`,
  )
}

/** What is wider than a narrow page moves sideways within it, by the keyboard too. */
export function scrollBox(kind: 'scroll' | 'charts', body: string): string {
  const name = kind === 'scroll' ? 'table' : 'charts'
  return `<div class="${kind}" tabindex="0" role="group" aria-label="${name}">${body}</div>`
}

/** A name written from right to left keeps that to itself. */
const isolated = (text: string): string => `<bdi>${escapeHtml(text)}</bdi>`

/** Key figures in a row: the number large, what it is below. */
export function figures(values: readonly (readonly [value: string, name: string])[]): string {
  const items = values.map(
    ([value, name]) => `<div><b>${escapeHtml(value)}</b><span>${escapeHtml(name)}</span></div>`,
  )
  return `<div class="figures">${items.join('')}</div>`
}

export function section(title: string, note: string, body: string): string {
  const said = note === '' ? '' : `<p class="note">${escapeHtml(note)}</p>`
  return `<section><h2>${escapeHtml(title)}</h2>${said}${body}</section>`
}

const css = `
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1d2026;--muted:#6b7079;--line:#e6e3dc;--edge:#1d202633;
--done:#2f7d5b;--done2:#4b9a76;--running:#2f6fb5;--waiting:#9aa0a8;--retry:#d9930d;--failed:#c8403a;--on-block:#fff;--mark:#1d2026;
--barred:repeating-linear-gradient(135deg,#8d8072 0 4px,#6f6458 4px 8px);
--bound:#b0457e;--c1:#2f6fb5;--c2:#c2601f;--c3:#2f7d5b;--c4:#8a4fa3;--c5:#a3841a;--c6:#b8416b}
@media (prefers-color-scheme:dark){:root{--paper:#14161a;--card:#1b1e24;--ink:#e8e6e1;--muted:#9aa0aa;--line:#2e323a;--edge:#0009;
--done:#3f9a72;--done2:#2f7d5b;--running:#5a9be0;--waiting:#7a808a;--retry:#e8ab35;--failed:#e2625b;--on-block:#0d1110;--mark:#0d1110;
--barred:repeating-linear-gradient(135deg,#b3a595 0 4px,#95897b 4px 8px);
--bound:#e58bb9;--c1:#6aa6e8;--c2:#ea9257;--c3:#56b98c;--c4:#c08ad6;--c5:#d3b549;--c6:#e77fa3}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);
font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1180px;margin:0 auto;padding:40px 24px 72px}
h1{font-size:27px;line-height:1.2;margin:0 0 6px;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{font-size:17px;margin:0 0 4px}h3{font-size:14px;margin:18px 0 0;font-weight:600}
h3 span{font-weight:400;color:var(--muted);margin-left:8px}
.verdict{font-size:17px;margin:0 0 8px;max-width:75ch;overflow-wrap:anywhere}.problem{color:var(--failed);font-size:15px;margin:0 0 8px;max-width:75ch;overflow-wrap:anywhere}.lede{color:var(--muted);margin:0 0 22px;max-width:75ch}.note{color:var(--muted);margin:0 0 10px;font-size:13px;max-width:90ch}.scroll+.left-out{margin-top:14px}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:20px 22px;margin:0 0 18px}
.figures{display:flex;flex-wrap:wrap;gap:12px;margin:0 0 18px}
.figures div{flex:1 1 150px;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 18px}
.figures b{display:block;font-size:23px;font-weight:600;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.figures span{color:var(--muted);font-size:13px}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
table.text th,table.text td{text-align:left;vertical-align:top;white-space:normal;overflow-wrap:anywhere}table.text{min-width:560px}table.text th:first-child{min-width:180px;width:38%}table.text thead th,table.text td:nth-child(2){white-space:nowrap}
thead th{color:var(--muted);font-weight:500}th:first-child,td:first-child{text-align:left;min-width:90px;font-weight:500;white-space:normal;overflow-wrap:anywhere}
tbody tr:last-child>*{border-bottom:0}tr.best>*{background:color-mix(in srgb,var(--done) 13%,transparent)}
.legend{display:flex;flex-wrap:wrap;gap:6px 18px;font-size:13px;color:var(--muted);margin:6px 0 2px}
.legend i{display:inline-block;width:15px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px;font:700 11px/12px system-ui;text-align:center;color:var(--mark)}
.legend i.line{height:0;border-radius:0;border-top:2px dashed var(--bound);vertical-align:4px}.legend i.end{height:0;border-radius:0;border-top:2px solid var(--ink);vertical-align:4px}
.scroll,.charts{background:linear-gradient(90deg,var(--card) 40%,transparent) 0 0/36px 100% no-repeat local,linear-gradient(270deg,var(--card) 40%,transparent) 100% 0/36px 100% no-repeat local,linear-gradient(90deg,var(--edge),transparent) 0 0/12px 100% no-repeat,linear-gradient(270deg,var(--edge),transparent) 100% 0/12px 100% no-repeat}
.charts{overflow-x:auto}.charts svg[role]{min-width:860px}.charts h3{position:sticky;left:0;width:max-content;max-width:100%;overflow-wrap:anywhere}
svg{display:block}svg text,svg circle,svg polygon,svg [fill=none]{pointer-events:none}.legend.lines svg{display:inline-block;margin-right:7px;vertical-align:1px}svg text{font-family:inherit}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;font-size:12.5px}
.scroll:focus-visible,.charts:focus-visible{outline:2px solid var(--running);outline-offset:3px}
@media(max-width:640px){main{padding:28px 14px 56px}section{padding:16px 14px}table.text,table.text th:first-child{min-width:0;width:auto}table.text thead{display:none}
table.text tr,table.text :is(th,td){display:block}table.text :is(th,td){padding:2px 0;border:0}table.text tr{padding:8px 0;border-bottom:1px solid var(--line)}table.text td:nth-child(2){color:var(--muted)}}
@media print{*{print-color-adjust:exact;-webkit-print-color-adjust:exact}body{background:none}main{max-width:none;padding:0}
section{border:0;padding:0;margin:0 0 24px}.figures div,.charts svg,tr,.note{break-inside:avoid}h2,h3,.note,.legend{break-after:avoid}
.scroll,.charts{overflow:visible}.scroll,.charts{background:none}.charts svg[role],table.text{min-width:0}.charts svg[role]{width:100%;height:auto}table{font-size:11px}th,td{padding:4px 6px}}
`
