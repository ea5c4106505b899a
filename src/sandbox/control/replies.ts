import type { Request, Response } from 'express';
import { explain } from '../account/pages.ts';
import { queryFields } from '../input.ts';
import type { People } from '../people.ts';

/** What the page says after a form, by the name that stands in the address it is sent back to. */
const SAID = {
  clock: 'The clock has moved.',
  fault: 'Set. It happens the next time.',
  cleared: 'Over. Calls are answered as they should be.',
  weigh: '{name} has stepped on the scale.',
  unlink: '{name} has removed the app.',
  unsubscribe: 'Nobody is notified of {name} any more.',
  limits: 'Switched.',
  callback: 'Registered.',
  reset: 'Everything is as it was at the start.',
} as const;

/** JSON for a program; a form is sent back to the page, which says what came of it. */
export function done(req: Request, res: Response, said: keyof typeof SAID, answer: object, userId?: number) {
  if (!req.is('urlencoded')) return res.json(answer);
  const query = new URLSearchParams({ said, ...(userId === undefined ? {} : { user: String(userId) }) });
  return res.redirect(303, `${req.baseUrl}/?${query}`);
}

/** What is wrong and what is known, as JSON; for a form a page in words. */
export function refuse(req: Request, res: Response, status: number, answer: Refusal) {
  if (!req.is('urlencoded')) return res.status(status).json(answer);
  return explain(res, status, 'That did not work', [answer.error, ...(answer.problems ?? [])].join(' '));
}

interface Refusal {
  error: string;
  problems?: string[];
  known: object;
}

/** Nothing where the address names nothing that is known. */
export function wordsSaid(req: { url: string }, people: People): string {
  const query = queryFields(req);
  const [, words = ''] = Object.entries(SAID).find(([name]) => name === query.get('said')) ?? [];
  return words.replace('{name}', people.find(query.get('user'))?.name ?? 'The person');
}
