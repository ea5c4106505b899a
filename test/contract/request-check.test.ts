import { expect, test } from '@jest/globals';
import { operation } from './document.ts';
import { objectionsTo } from './request-check.ts';

const header = { Authorization: 'Bearer token' };
const days = { startdateymd: '2026-01-01', enddateymd: '2026-01-15' };
const refresh = {
  action: 'requesttoken',
  grant_type: 'refresh_token',
  client_id: 'id',
  refresh_token: 'token',
};

test.each([
  ['measurev2-getactivity', { ...days, ...header }, 'action is missing'],
  ['measurev2-getactivity', { action: 'getactivity', ...days }, 'Authorization is missing'],
  ['measurev2-getactivity', { action: 'getactivity', ...header, ...days, day: '1' }, 'day is not documented'],
  [
    'measurev2-getactivity',
    { action: 'getactivity', ...header, ...days, enddateymd: 'today' },
    'enddateymd is no Y-m-d: today',
  ],
  [
    'measurev2-getactivity',
    { action: 'getactivity', ...header, lastupdate: '1', startdateymd: '2026-01-01' },
    'startdateymd must not come with lastupdate',
  ],
  ['heartv2-get', { action: 'get', ...header }, 'signalid is missing'],
  ['oauth2-getaccesstoken', { ...refresh, grant_type: 'password' }, 'grant_type is no string: password'],
  ['oauth2-getaccesstoken', refresh, 'client_secret is missing'],
])('%s %j: %s', (id, sent: Record<string, string>, objection) => {
  expect(objectionsTo(operation(id), sent)).toContain(objection);
});
