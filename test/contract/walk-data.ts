import { operation } from './document.ts';
import type { DocumentedClient } from './documented-client.ts';
import type { Sent } from './request-check.ts';

const DAY = 86_400;

/** Everything about one person, asked in each of the documented ways. `now` in seconds. */
export async function walkData(documented: DocumentedClient, token: string, now: number): Promise<void> {
  const ymd = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);
  const days = { startdateymd: ymd(now - 14 * DAY), enddateymd: ymd(now) };
  const lastDay = { startdate: String(now - DAY), enddate: String(now) };
  const lastMonth = { startdate: String(now - 30 * DAY), enddate: String(now) };
  const lastupdate = String(now - 14 * DAY);
  const ask = (operationId: string, sent: Sent = {}) => documented.call(operationId, sent, token);
  /** With nothing but what is required, and with all there is. */
  const askAll = async (operationId: string, ways: Sent[]) => {
    const data_fields = operation(operationId).dataFields.join(',');
    for (const way of ways) await ask(operationId, way);
    for (const way of ways) await ask(operationId, { ...way, data_fields });
  };
  /** Page by page, as the document says: what an answer gives as `offset` goes into the next call. */
  const askPages = async (operationId: string, sent: Sent = {}): Promise<void> => {
    const { more, offset } = await ask(operationId, sent);
    if (more && offset) await askPages(operationId, { ...sent, offset: String(offset) });
  };

  await ask('userv2-getdevice');
  await ask('userv2-getgoals');
  await askPages('measure-getmeas');
  await ask('measure-getmeas', { meastype: '1', category: '1', ...lastMonth });
  await ask('measure-getmeas', { meastypes: '1,4,9', offset: '1' });
  await ask('measure-getmeas', { category: '2', lastupdate });
  await askAll('measurev2-getactivity', [days, { lastupdate }, { ...days, offset: '1' }]);
  await askPages('measurev2-getactivity', { lastupdate: '0' });
  await askPages('measurev2-getworkouts', { lastupdate: '0' });
  await askAll('measurev2-getintradayactivity', [{}, lastDay]);
  await askAll('measurev2-getworkouts', [days, { lastupdate }, { ...days, offset: '1' }]);
  await askAll('sleepv2-get', [lastDay]);
  await ask('sleepv2-get', { ...lastDay, meastypes: '1,4,12' });
  await askAll('sleepv2-getsummary', [days, { lastupdate }]);
  await askPages('heartv2-list');
  const { series } = await ask('heartv2-list', { ...lastMonth, offset: '0' });
  const signalid = Array.isArray(series) ? String(series[0]?.ecg?.signalid) : '';
  await ask('heartv2-get', { signalid });
  await ask('heartv2-get', { signalid, with_filtered: 'false', with_intervals: 'false' });
}
