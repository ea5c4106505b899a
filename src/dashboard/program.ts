import { cookieName } from '../web/cookies.ts';

/** How a program asks what this browser is shown, with a session in place of a token. */
export function programWords(publicUrl: string) {
  const cookie = cookieName(publicUrl, 'session');
  const address = `${publicUrl}/api/measures`;
  return {
    cookie,
    snippets: [
      { title: 'curl', text: `curl -s '${address}' \\\n  -H "Cookie: ${cookie}=$WITHINGS_SESSION"` },
      { title: 'JavaScript', text: inJavaScript(address, cookie) },
      { title: 'Python', text: inPython(address, cookie) },
    ],
  };
}

function inJavaScript(address: string, cookie: string): string {
  return `import { env } from 'node:process';

const answer = await fetch('${address}', {
  headers: { Cookie: \`${cookie}=\${env.WITHINGS_SESSION}\` },
});
const { measures, problem } = await answer.json();
console.log(problem ?? measures);`;
}

function inPython(address: string, cookie: string): string {
  return `import json, os, urllib.request

headers = {"Cookie": "${cookie}=" + os.environ["WITHINGS_SESSION"]}
request = urllib.request.Request("${address}", headers=headers)
with urllib.request.urlopen(request) as answer:
    print(json.load(answer)["measures"])`;
}
