import { expect, test } from '@jest/globals';
import { refusal } from '../../src/store/redis/errors.ts';

const inScript = (text: string) =>
  `ERR Error running script (call to f_0a1b): @user_script:12: @user_script: 12: -${text}`;

test.each([
  ['LOADING Redis is loading the dataset in memory', 'LOADING'],
  ["READONLY You can't write against a read only replica.", 'READONLY'],
  ["READONLY You can't write against a read only replica. script: 0a1b, on @user_script:12.", 'READONLY'],
  [inScript("READONLY You can't write against a read only replica."), 'READONLY'],
  [inScript("OOM command not allowed when used memory > 'maxmemory'."), 'OOM'],
  [inScript('MISCONF Redis is configured to save RDB snapshots'), 'MISCONF'],
  [inScript('NOPERM this user has no permissions'), 'NOPERM'],
  ["NOPERM User connect has no permissions to run the 'config|get' command", 'NOPERM'],
  ['FROZEN this store has a mark of the copy', 'FROZEN'],
  [inScript('FROZEN this store has a mark of the copy'), 'FROZEN'],
  ['NOSCRIPT No matching script. Please use EVAL.', 'NOSCRIPT'],
  ['MOVED 3999 127.0.0.1:6381', 'MOVED'],
  ['ERR max number of clients reached', 'ERR'],
])('%s: recognised wherever it stands, and nothing of it repeated', (message, reply) => {
  const error = refusal(message);
  expect(error.reply).toBe(reply);
  expect(error.message).not.toMatch(/user_script|0a1b|3999/);
});
