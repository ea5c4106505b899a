import { expect, test } from '@jest/globals';
import { authorizeUrl, buildTown, CALLBACK, MAREN } from '../sandbox/town.ts';
import { operation } from './document.ts';
import { objectionsTo } from './request-check.ts';

test.each([{}, { mode: 'demo' }])(
  'the authorization URL, with %j, leads to a code and our state',
  async (more) => {
    const town = buildTown();
    const url = new URL(authorizeUrl(more), 'https://account.withings.com');
    expect(url.pathname).toBe(operation('oauth2-authorize').path);
    expect(objectionsTo(operation('oauth2-authorize'), Object.fromEntries(url.searchParams))).toEqual([]);
    const answer = await town.consent(await town.login(MAREN), more);
    const back = new URL(String(answer.headers.location));
    expect(`${back.origin}${back.pathname}`).toBe(CALLBACK);
    expect(Object.fromEntries(back.searchParams)).toEqual({
      code: expect.stringMatching(/^.{40}$/),
      state: 'state-1',
    });
    town.sandbox.close();
  },
);
