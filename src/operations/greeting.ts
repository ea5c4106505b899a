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
  return `\n  Withings Connect, ${about(isSandbox, publicUrl)}\n${lines.map(([name = '', text]) => `    ${name.padEnd(10)}${text}\n`).join('')}\n`;
}

function about(isSandbox: boolean, publicUrl: string): string {
  if (!isSandbox) return 'with Withings itself: the callback below has to be registered there';
  if (publicUrl.startsWith('https:'))
    return 'ON THE SANDBOX: whoever comes sees invented people, until WITHINGS_CLIENT_ID is set';
  return 'on a sandbox: no account is needed, people and data are invented';
}
