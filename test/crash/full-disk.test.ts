import { expect, jest, test } from '@jest/globals';
import { REFRESH } from '../support/sandbox.ts';
import { works } from './judge.ts';
import { connectedTown, DUE, HOUR, MINUTE } from './town.ts';

jest.setTimeout(30_000);

test.each(['full', 'read-only'] as const)(
  'a disk that is %s: nothing is sent that could not be written down, pages serve, and it heals alone',
  async (deed) => {
    const town = await connectedTown();
    const { provider, visitor, pass } = town;
    pass(DUE);
    town.plan({ at: '^(INSERT|UPDATE|DELETE)', nth: 'every', deed });
    expect(await works(town)).toEqual({ measures: 200, state: 'connected' });
    expect((await visitor.get('/dashboard')).status).toBe(200);
    expect((await visitor.post('/refresh')).status).toBe(503);
    pass(10 * MINUTE); // the token has expired
    expect((await visitor.json('/api/measures')).status).toBe(503);
    expect(await provider.calls(REFRESH)).toBe(0);

    town.plan(null);
    expect(await works(town)).toEqual({ measures: 200, state: 'connected' });
    expect(await provider.calls(REFRESH)).toBe(1);
    pass(8 * HOUR + 30 * MINUTE);
    expect(await works(town)).toEqual({ measures: 200, state: 'connected' });
  },
);
