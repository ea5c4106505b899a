/** One thing that can go wrong, as its page and its JSON say it: what happened, what to do, one way on. */
export interface ProblemText {
  /** HTTP status of the answer. */
  status: number;
  title: string;
  /** What happened, and that nothing was lost where that is so. */
  what: string;
  /** The same to somebody who was about to connect. */
  whatConnecting?: string;
  /** What to do now. */
  advice: string;
  action: Action;
  /** What to do now, and how, in a browser in which somebody is connected. */
  connected?: { advice: string; action: Action };
  /** Another way on, in small. */
  aside?: keyof typeof ASIDES;
  /** Seconds until it makes sense to try again, where that is known. */
  retryAfterSeconds?: number;
}

export type Action = keyof typeof ACTIONS;

/** The one link under a problem. */
export const ACTIONS = {
  connect: { href: '/connect', label: 'Connect Withings' },
  restart: { href: '/connect', label: 'Start again' },
  home: { href: '/', label: 'Back to the start' },
  dashboard: { href: '/dashboard', label: 'Open the dashboard' },
} as const;

export const ASIDES = {
  account: {
    words: 'Was somebody else signed in at Withings?',
    href: '/connect?account=other',
    label: 'Use another Withings account',
  },
} as const;
