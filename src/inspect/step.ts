import { PROBLEMS, type ProblemCode } from '../problems/catalogue.ts';
import { curlOf } from '../withings/curl.ts';
import type { Part } from '../withings/exchange.ts';
import { REASONS } from './reasons.ts';
import type { Call } from './recorder.ts';

/** Between whom something is said. */
const LANES = ['Browser', 'This app', 'Withings'] as const;
export const [BROWSER, APP, WITHINGS] = [0, 1, 2];

/** One thing that was said, in words: the view decides nothing. */
export interface Step {
  title: string;
  /** From one to another, in this order. */
  hops: [from: number, to: number][];
  /** How long after the beginning. */
  when: string | null;
  said: string[];
  tables?: { caption: string; rows: Row[] }[];
  curl?: string;
  /** Where that is done: file and function. */
  lines: [file: string, name: string][];
  /** Where it came to an end. */
  problem?: End | undefined;
  /** Nobody knows yet how it goes on. */
  isOpen?: boolean;
}

interface Row {
  name: string;
  value: string;
  why: string;
}

interface End {
  /** What it means for what is told of: "It ended here". */
  label: string;
  /** Null: nobody foresaw it. */
  code: ProblemCode | null;
  words: string;
}

export function rowsOf(parts: Part[]): Row[] {
  return parts.map((part) => ({ name: part.name, value: valueWords(part), why: REASONS[part.name] ?? '' }));
}

function valueWords({ shown, length }: Part): string {
  if (shown === null) return `hidden, ${length} characters`;
  return shown.length === length ? shown : `${shown} (${length} characters)`;
}

/** "12 ms", "0.4 s", "7 min", "3 h". */
export function tookWords(ms: number): string {
  if (ms < 99.5) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** By which way it went, for who does not see the arrows. */
export function wayWords(hops: Step['hops']): string {
  const [first] = hops;
  return [...(first ? [first[0]] : []), ...hops.map(([, to]) => to)]
    .map((lane) => LANES[lane])
    .filter((name, index, all) => name !== all[index - 1])
    .join(' → ');
}

const ENDED = 'It ended here';

/** How an attempt failed. */
export function endOf(outcome: string): End {
  if (outcome in PROBLEMS) {
    const code = outcome as ProblemCode;
    const { title, advice } = PROBLEMS[code];
    return { label: ENDED, code, words: `${title}. ${advice}` };
  }
  const words = 'In a way that nobody foresaw. The page that followed names the request.';
  return { label: ENDED, code: null, words };
}

/** A call to Withings: what was posted, and what came back. */
export function callStep(
  call: Call,
  apiUrl: string,
): Pick<Step, 'hops' | 'tables' | 'curl'> & { answer: string } {
  const { sent, answered } = call;
  const body = answered?.body ?? [];
  return {
    hops:
      answered?.httpStatus == null
        ? [[APP, WITHINGS]]
        : [
            [APP, WITHINGS],
            [WITHINGS, APP],
          ],
    answer: answerWords(call),
    tables: [
      { caption: 'Posted', rows: rowsOf(sent.fields) },
      ...(body.length > 0 ? [{ caption: 'Answered, in the body', rows: rowsOf(body) }] : []),
    ],
    curl: curlOf({
      method: 'POST',
      url: apiUrl + sent.path,
      parts: sent.fields,
      hasBearer: sent.bearer !== null,
    }),
  };
}

const SILENCES = {
  timeout: 'No answer within the deadline',
  unreachable: 'No answer: the connection failed',
  'too-large': 'The answer was too large to be one',
  unsent: 'Not sent: our share of calls was used up',
};

export function answerWords({ answered, milliseconds }: Call): string {
  if (answered === null) return 'It is under way.';
  const { httpStatus, silence, status, error } = answered;
  const after = `after ${tookWords(milliseconds)}`;
  if (silence !== null) return `${SILENCES[silence]}, ${after}.`;
  if (status === null) return `HTTP ${httpStatus}, and no answer of Withings’ in it, ${after}.`;
  const verdict = status === 0 ? 'yes' : error === null ? 'no' : `no, “${error}”`;
  return `HTTP ${httpStatus} and status ${status}, which means ${verdict}; ${after}.`;
}
