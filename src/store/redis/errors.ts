import { whyNoConnection } from '../connection-faults.ts';
import { FROZEN } from '../copy/mark.ts';

type Code = 'REDIS_UNAVAILABLE' | 'REDIS_REFUSED' | 'REDIS_NOT_DURABLE' | 'REDIS_UNFIT' | 'REDIS_FROZEN';

/** Redis did not do what was asked, or did not say so in time. Carries neither address nor password. */
export class RedisError extends Error {
  readonly code: Code;
  /** The server's own word for why it refused, such as `READONLY`. */
  readonly reply: string | null;
  constructor(code: Code, message: string, reply: string | null = null) {
    super(message);
    this.code = code;
    this.reply = reply;
  }
}

/** @param words for the operator */
export function unfit(words: string): RedisError {
  return new RedisError('REDIS_UNFIT', words);
}

/** Answers of the server, by its own word for them: what a script was refused stands in the middle of another text. */
const REPLIES: Record<string, string> = {
  WRONGPASS: 'Redis refuses this user or password',
  NOAUTH: 'Redis wants a password',
  LOADING: 'Redis is still loading its data: it will serve in a moment',
  OOM: 'The memory of Redis is full',
  READONLY: 'Redis is a replica and takes no writes: the address must lead to the primary',
  MASTERDOWN: 'Redis is a replica whose primary is away: the address must lead to the primary',
  MISCONF: 'Redis cannot write to its disk',
  NOREPLICAS: 'Redis has too few replicas to take writes',
  DENIED: 'Redis is in protected mode: it lets nobody in from elsewhere without a password',
  BUSY: 'Redis is busy with a script',
  MOVED: 'This node of the cluster does not hold our keys',
  CLUSTERDOWN: 'The cluster is down',
  NOSCRIPT: 'Redis does not know this script',
};

/** The same without a word of their own. */
const TEXTS: [pattern: RegExp, words: string][] = [
  [/max number of clients/i, 'Redis has as many clients as it allows (maxclients)'],
  [/without any password configured/i, 'Redis has no password, and the address has one'],
  [/DB index/i, 'Redis has no database of that number'],
  [
    /can't run this command|can't access/i,
    'This user of Redis may not do all that is needed (docs/scaling.md)',
  ],
];

/** @param message of the server; it may quote what was sent, so that nothing of it is repeated */
export function refusal(message: string): RedisError {
  if (/\bFROZEN\b/.test(message)) return new RedisError('REDIS_FROZEN', FROZEN, 'FROZEN');
  const [, command] = /\bNOPERM\b.* the '([\w|]+)' command/.exec(message) ?? [];
  if (command || /\bNOPERM\b/.test(message)) {
    const what = command ? `run ${command}` : 'do all that is needed';
    return new RedisError('REDIS_REFUSED', `This user of Redis may not ${what} (docs/scaling.md)`, 'NOPERM');
  }
  const word = Object.keys(REPLIES).find((each) => new RegExp(`\\b${each}\\b`).test(message));
  const words = word === undefined ? TEXTS.find(([pattern]) => pattern.test(message))?.[1] : REPLIES[word];
  return new RedisError('REDIS_REFUSED', words ?? 'Redis refused a command of ours', word ?? 'ERR');
}

const NO_REDIS = 'what answers there hangs up, or is no Redis';

/** @param error of the socket; one without a code is of a connection that was made */
export function noConnection(error: unknown): RedisError {
  const why = whyNoConnection(error) ?? (error instanceof Error ? NO_REDIS : null);
  return new RedisError(
    'REDIS_UNAVAILABLE',
    `There is no connection to Redis${why === null ? '' : `: ${why}`}`,
  );
}
