/** So many characters of a secret are a piece of it; of a shorter one, all of them. */
const PIECE = 8;
const HIDDEN = '[hidden]';

/** Whether a text says a secret, or a piece of one: plainly, in another case, percent-encoded or as JSON escapes. */
export function quotes(text: string, secrets: readonly string[]): boolean {
  return hide(text, secrets) !== text;
}

/** The text without what it says of these secrets. */
export function hide(text: string, secrets: readonly string[]): string {
  const all = secrets.filter(Boolean).map(charactersOf);
  const sizes = [...new Set(all.map((secret) => Math.min(secret.length, PIECE)))].sort((a, b) => b - a);
  const pieces = new Set(all.flatMap(piecesOf));
  const characters = charactersOf(text);
  const written = writtenIn(text);
  let [shown, hiddenUntil] = ['', 0];
  for (const [at, one] of written.entries()) {
    const size = sizes.find((n) => pieces.has(characters.slice(at, at + n).join('')));
    if (size && at >= hiddenUntil) shown += HIDDEN;
    if (size) hiddenUntil = Math.max(hiddenUntil, at + size);
    if (at >= hiddenUntil) shown += one;
  }
  return shown;
}

function piecesOf(secret: string[]): string[] {
  const last = Math.max(0, secret.length - PIECE);
  return secret.slice(0, last + 1).map((_, at) => secret.slice(at, at + PIECE).join(''));
}

/** Each character as it stands there. */
function writtenIn(text: string): string[] {
  return text.match(/%[\da-f]{2}|\\u[\da-f]{4}|[\s\S]/gi) ?? [];
}

/** And what it means. */
function charactersOf(text: string): string[] {
  return writtenIn(text).map((one) =>
    (one.length === 1
      ? one
      : String.fromCharCode(Number.parseInt(one.replace(/^%|^\\u/i, ''), 16))
    ).toLowerCase(),
  );
}
