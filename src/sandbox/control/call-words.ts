import { isObject, parseJson } from '../partner/personal.ts';
import type { LoggedCall } from '../wire/call-log.ts';
import { FAULT_WORDS } from '../wire/fault-words.ts';
import { clockTimeWords } from './time-words.ts';

/** One line of the log, and what is behind it. */
export function callWords({ id, at, endpoint, outcome, fields, answer }: LoggedCall) {
  const sent = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  const words = endpoint === 'notification' ? noticeWords(outcome) : outcomeWords(outcome, answer);
  return { id, time: clockTimeWords(at), endpoint, request: sent.join('\n'), answer, ...words };
}

function outcomeWords(outcome: string, answer: string) {
  if (outcome === 'ok') return { state: 'live', outcome: 'answered' };
  const fault = Object.entries(FAULT_WORDS).find(([name]) => name === outcome)?.[1];
  if (fault) return { state: 'grace', outcome: `fault: ${fault.title}` };
  const read = parseJson(answer);
  const error = isObject(read) && typeof read.error === 'string' ? `: ${read.error}` : '';
  return { state: 'dead', outcome: `refused with ${outcome}${error}` };
}

/** Of a notification that was sent: the HTTP status it was answered with, or why there was none. */
function noticeWords(outcome: string) {
  if (!/^\d+$/.test(outcome)) return { state: 'dead', outcome };
  return { state: Number(outcome) < 400 ? 'live' : 'dead', outcome: `answered with ${outcome}` };
}
