import type { Drawn } from './document.ts';

/** Where real answers differ from the document. */
export interface KnownError {
  operationId: string;
  /** A place in the answer; `[]`: in every item of a list, `{}`: under every time. */
  where: string;
  /** The type that the document gives; `nothing`: it does not name this place. */
  says: string;
  really: Drawn | ((drawn: Drawn) => Drawn);
  source: string;
}

const text = { type: 'string' };
const whole = { type: 'integer' };
const textOrNull = { type: ['string', 'null'] };
const wholeOrNull = { type: ['integer', 'null'] };

const getmeas = {
  operationId: 'measure-getmeas',
  source: 'recorded: aiowithings, measurement.json and measurement_list.json',
};
const getactivity = {
  operationId: 'measurev2-getactivity',
  source: 'recorded: aiowithings, activity.json',
};
const getsleep = { operationId: 'sleepv2-get', source: 'recorded: aiowithings, sleep.json' };

export const knownErrors: KnownError[] = [
  { ...getmeas, where: 'body.updatetime', says: 'string', really: whole },
  { ...getmeas, where: 'body.measuregrps[].deviceid', says: 'string', really: textOrNull },
  { ...getmeas, where: 'body.measuregrps[].hash_deviceid', says: 'string', really: textOrNull },
  { ...getmeas, where: 'body.measuregrps[].modelid', says: 'nothing', really: wholeOrNull },
  { ...getmeas, where: 'body.measuregrps[].model', says: 'string', really: textOrNull },
  { ...getmeas, where: 'body.measuregrps[].comment', says: 'string', really: { type: 'null' } },
  {
    ...getmeas,
    where: 'body.measuregrps[].timezone',
    says: 'nothing',
    really: text,
    source: 'typed clients',
  },
  { ...getactivity, where: 'body.activities[].deviceid', says: 'string', really: textOrNull },
  { ...getactivity, where: 'body.activities[].hash_deviceid', says: 'string', really: textOrNull },
  {
    ...getsleep,
    where: 'body.series',
    says: 'object',
    really: (drawn) => ({ type: 'array', items: drawn }),
  },
  { ...getsleep, where: 'body.series[].hash_deviceid', says: 'nothing', really: text },
  ...['light', 'rem', 'deep'].map((stage) => ({
    operationId: 'sleepv2-getsummary',
    where: `body.series[].data.${stage}sleepduration`,
    says: 'integer',
    really: wholeOrNull,
    source: 'reported: home-assistant/core#149319',
  })),
  ...['model', 'battery'].map((name) => ({
    operationId: 'userv2-getdevice',
    where: `body.devices[].${name}`,
    says: 'string',
    really: textOrNull,
    source: 'reported: home-assistant/core#138642 and #130458',
  })),
  {
    operationId: 'userv2-getdevice',
    where: 'body.devices[].first_session_date',
    says: 'integer',
    really: wholeOrNull,
    source: 'recorded: aiowithings, device.json',
  },
  {
    operationId: 'notify-list',
    where: 'body.profiles[].expires',
    says: 'nothing',
    really: whole,
    source: 'recorded: aiowithings, notify_list.json',
  },
  {
    operationId: 'oauth2-listusers',
    where: 'body',
    says: 'object',
    really: ({ properties: { more = {}, offset = {}, ...user } = {} }) => ({
      type: 'object',
      properties: { users: { type: 'array', items: { type: 'object', properties: user } }, more, offset },
    }),
    source: 'typed clients: tomek-i/withings-sdk',
  },
];

/** Ways of writing that OpenAPI does not have, and that document.ts and strict-answer.ts read nevertheless. */
export const oddities = [
  { what: 'spaces around a path, to tell the actions of one path apart', written: /"\s+https:[^"]+":/ },
  { what: 'a list where the methods of a path belong', written: /"\s*https:[^"]+":\[\]/ },
  { what: 'a list for the properties of an empty object', written: /"properties":\[\]/ },
  { what: 'a property $timestamp that stands for any time', written: /"\$timestamp":/ },
  { what: 'types of its own', written: /"type":"list of integers"/ },
  {
    what: 'parameters that are required and exclude each other',
    written: /"required":true,"schema":\{"type":"\w+"\},[^{}]*DO NOT USE WITH FOLLOWING PARAMS/,
  },
  { what: 'bodies that are drawn as a query', written: /"post":\{[^{}]*"parameters":\[\{[^{}]*"in":"query"/ },
];
