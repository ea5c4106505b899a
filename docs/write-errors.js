// Prints docs/errors.md from the program's own list: `npm run --silent errors > docs/errors.md`.
import { PROBLEMS } from '../dist/problems/catalogue.js';
import { refusalOfStatus } from '../dist/withings/answers.js';

/** Status and text as Withings sends them; marks as in docs/sandbox.md: documented, seen, inferred. @type {[number, string, string, string][]} */
const SEEN = [
  [503, 'Invalid Params: invalid code', 'code unknown, older than 30 s, or used', 'D, S'],
  [503, 'Invalid Params: invalid refresh_token', 'refresh token dead, replaced or unknown', 'S'],
  [503, 'Invalid Params: invalid client id/secret', 'wrong client id or secret', 'S'],
  [503, 'Invalid Params: …', 'any other parameter that Withings does not accept', 'S'],
  [293, 'Wrong redirect_uri - …', 'not the redirect URI of the authorize request', 'S'],
  [
    601,
    'Same arguments in less than 10 seconds',
    'the same call twice; `wait_seconds` says how long to wait',
    'S',
  ],
  [601, 'Too Many Requests', 'more than 120 calls a minute', 'D'],
  [401, '… invalid_token: The access token provided is invalid', 'access token dead or unknown', 'S'],
  [100, '(also 101, 102, 200, 283)', 'authentication failed', 'D'],
  [2553, 'Insufficient_scope', 'not part of the permission (also 214, 277)', 'S'],
  [342, '(also 343)', 'signature or nonce refused', 'S'],
  [522, '', 'timeout at Withings', 'D'],
  [2554, 'Not implemented', 'unknown action', 'D, S'],
];

const lines = [
  '# Errors',
  '',
  'Every code that a page, the JSON or the log of this program can show, in the words of the pages. Written by',
  '`npm run --silent errors > docs/errors.md`; a test holds it to the code.',
  '',
  '## What Withings says, and the code it gets here',
  '',
  'Withings refuses with HTTP 200; the verdict is `status` in the body, and only the text tells causes apart.',
  'An HTTP status of 500 and above or no connection is `withings-unreachable`, 429 is `withings-busy`, no answer in time',
  '`withings-timeout`, HTML or broken JSON `withings-unreadable`. **D** documented, **S** seen.',
  '',
  '| status | text | cause | | code |',
  '|---|---|---|---|---|',
  ...SEEN.map(
    ([status, text, cause, mark]) =>
      `| ${status} | ${text} | ${cause} | ${mark} | \`${refusalOfStatus(status, text)}\` |`,
  ),
  '',
  '## Codes',
  ...Object.entries(PROBLEMS).flatMap(([code, { status, title, what, advice, retryAfterSeconds }]) => [
    '',
    `### \`${code}\``,
    '',
    `**${title}.** HTTP ${status}${retryAfterSeconds ? `, try again after ${retryAfterSeconds} s` : ''}.`,
    '',
    `- What happened: ${what}`,
    `- What to do: ${advice}`,
  ]),
];
process.stdout.write(`${lines.join('\n')}\n`);
