export interface Greeting {
  publicUrl: string;
  isSandbox: boolean;
  /** Where connections are kept, in words. */
  store: string;
}

/** What a person at a terminal needs to know once the program is ready. */
export function greeting({ publicUrl, isSandbox, store }: Greeting): string {
  const lines = [
    ['Open', publicUrl],
    ...(isSandbox ? [['Sandbox', `${publicUrl}/sandbox/`]] : [['Callback', `${publicUrl}/callback`]]),
    ['Data', store],
    ['Stop', 'Ctrl-C'],
  ];
  const about = isSandbox
    ? 'on a sandbox: no account is needed, people and data are invented'
    : 'with Withings itself: the callback below has to be registered there';
  return `\n  Withings Connect, ${about}\n${lines.map(([name = '', text]) => `    ${name.padEnd(10)}${text}\n`).join('')}\n`;
}
