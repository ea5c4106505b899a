import type { Request } from 'express';

/** What a caller sent: only names given once, with plain text (no NUL: SQLite ends a text there). Anything else counts as not sent. */
export type Fields = ReadonlyMap<string, string>;

/** Reads the query from the URL itself, so that the host's `query parser` setting does not matter. */
export function queryFields(req: { url: string }): Fields {
  const mark = req.url.indexOf('?');
  const params = new URLSearchParams(mark < 0 ? '' : req.url.slice(mark + 1));
  return collect([...new Set(params.keys())].map((name) => [name, params.getAll(name)]));
}

/** Reads a form or JSON body; numbers in JSON count as their text. */
export function bodyFields(req: Request): Fields {
  const body: unknown = req.body;
  return typeof body === 'object' && body !== null ? collect(Object.entries(body)) : new Map();
}

function collect(entries: [string, unknown][]): Fields {
  const fields = new Map<string, string>();
  for (const [name, sent] of entries) {
    const value = Array.isArray(sent) && sent.length === 1 ? sent[0] : sent;
    const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
    if (typeof text === 'string' && !text.includes('\0')) fields.set(name, text);
  }
  return fields;
}
