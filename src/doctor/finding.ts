/** What a check has found, in one line. */
export interface Finding {
  /** `fails`: somebody cannot connect or loses their connection. `warn`: that may come. */
  verdict: 'ok' | 'warn' | 'fails';
  says: string;
  /** What to do about it; null where all is well. Never a secret, as what it says. */
  todo: string | null;
}

export function ok(says: string): Finding {
  return { verdict: 'ok', says, todo: null };
}

export function warn(says: string, todo: string): Finding {
  return { verdict: 'warn', says, todo };
}

export function fails(says: string, todo: string): Finding {
  return { verdict: 'fails', says, todo };
}
