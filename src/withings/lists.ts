import { readAnswer } from './answers.ts';
import { type Collection, collection } from './data/collection.ts';
import { type Page, pageBody, readPage, type Service } from './data/page.ts';
import type { List } from './data/records.ts';
import { type Result, refuse } from './errors.ts';
import type { Reply } from './http.ts';
import { daysOf, inHalves, newestPart, type Stretch } from './stretch.ts';

export interface Question<T> {
  service: Service<T>;
  stretch: Stretch;
  /** Makes a call with these fields beside those that all of them have. */
  ask(fields: Record<string, string>): Promise<Reply>;
  /** Milliseconds since 1970. */
  now: number;
  /** Told how many pieces made no sense, or cannot be, and were left out. */
  onSkipped(count: number): void;
}

/** More calls than this are no list of a person's days. */
const MIN_CALLS = 4;
const DAYS_A_CALL = 30;
const MAX_CALLS = 40;

/**
 * All records, newest first. What is too large for one answer is asked for in halves; a refusal of one call is the answer
 * of all. Where there is more than may be asked for it is the newest part, and that is said: `isCut`.
 */
export async function readList<T>(question: Question<T>): Promise<Result<List<T>>> {
  const { service, stretch: whole, now, onSkipped } = question;
  const budget = { calls: Math.min(MIN_CALLS + Math.floor(daysOf(whole) / DAYS_A_CALL), MAX_CALLS) };
  const open = [whole];
  let all = collection(service, now);
  let isCut = false;
  for (let stretch = open.shift(); stretch; stretch = open.shift()) {
    const read = await readPages(question, stretch, all, budget);
    if (!read.ok) return read;
    const end = read.value;
    const halves = end === 'too large' ? inHalves(stretch) : [];
    open.unshift(...halves);
    if (end === 'whole' || halves.length > 0) continue;
    isCut = true;
    if (typeof end === 'string') continue;
    open.unshift(end);
    all = collection(service, now); // what came of the rest is not next to it
  }
  const { list, skipped } = all.done();
  if (skipped > 0) onSkipped(skipped);
  // Nothing but answers that are too large: that is no empty list.
  if (isCut && list.rows.length === 0) return refuse('withings-unreadable', { status: 0 });
  return { ok: true, value: { ...list, isCut } };
}

/**
 * The pages of one stretch: all of them, or why not. A stretch: only the newest part can be had. `budget`: how many calls
 * there may be, over all stretches.
 */
async function readPages<T>(
  { service, ask }: Question<T>,
  stretch: Stretch,
  all: Collection<T>,
  budget: { calls: number },
): Promise<Result<'whole' | 'cut' | 'too large' | Stretch>> {
  const fields = stretch.fields(stretch.first, stretch.last);
  for (let offset = 0; budget.calls > 0; ) {
    budget.calls -= 1;
    const reply = await ask(offset === 0 ? fields : { ...fields, offset: String(offset) });
    const read = pageIn(reply, service);
    if (!read.ok) return read;
    const page = read.value;
    if (page === 'too large') return { ok: true, value: page };
    const { isNew, reach } = all.add(page);
    const next = nextOffset(page, offset);
    if (next === null) return { ok: true, value: 'whole' };
    const newest = offset === 0 ? newestPart(stretch, reach, budget.calls) : null;
    if (newest) return { ok: true, value: newest };
    if (!isNew) break; // the same page again
    offset = next;
  }
  return { ok: true, value: 'cut' };
}

function pageIn(reply: Reply, service: Pick<Service<unknown>, 'field'>): Result<Page | 'too large'> {
  if (reply.kind === 'silence' && reply.why === 'too-large') return { ok: true, value: 'too large' };
  const answer = readAnswer(reply, pageBody);
  if (!answer.ok) return answer;
  const page = readPage(answer.value, service);
  return page ? { ok: true, value: page } : refuse('withings-unreadable', { status: 0 });
}

/** `more` comes without an offset, too (seen), and could come with one that leads nowhere: what it counts are rows. */
function nextOffset({ more, offset, rows }: Page, asked: number): number | null {
  if (!more) return null;
  const next = offset !== null && offset > asked ? offset : asked + rows.length;
  return next > asked ? next : null;
}
