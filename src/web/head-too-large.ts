import { createHash } from 'node:crypto';
import { PROBLEMS } from '../problems/catalogue.ts';

/** The look of our pages, as far as this one needs it: with the stylesheet the browser would send the cookies again. */
const STYLE = `
:root { color-scheme: light dark; background: #fbfaf8; color: #1d2322; font: 1.0625rem/1.55 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { :root { background: #141817; color: #e9eeec; } }
body { max-width: 40rem; margin: 3rem auto; padding: 0 1.25rem; }
`;

/**
 * For a browser whose request the parser does not take: the cookies of a host name come from all programs there, and
 * until some are deleted no page, script or stylesheet of ours comes through.
 */
export function headTooLargePage() {
  const { title, what, advice } = PROBLEMS['head-too-large'];
  const hash = createHash('sha256').update(STYLE).digest('base64');
  return {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'`,
    },
    text: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${what}</p>
<p>${advice}</p>
<p><small>Code <code>head-too-large</code></small></p>
</main>
</body>
</html>
`,
  };
}
