/**
 * Every call that is told apart, and what kind it is: of tokens, of a person's data, of that person's
 * notifications, or signed by the application.
 */
const KINDS = {
  requesttoken: 'token',
  getnonce: 'signed',
  revoke: 'signed',
  getdemoaccess: 'signed',
  recoverauthorizationcode: 'signed',
  listusers: 'signed',
  activate: 'signed',
  createuserorder: 'signed',
  getmeas: 'data',
  getactivity: 'data',
  getintradayactivity: 'data',
  getworkouts: 'data',
  'sleep get': 'data',
  'sleep getsummary': 'data',
  'heart list': 'data',
  'heart get': 'data',
  getdevice: 'data',
  getgoals: 'data',
  'notify subscribe': 'notify',
  'notify get': 'notify',
  'notify list': 'notify',
  'notify update': 'notify',
  'notify revoke': 'notify',
} as const;

export type Endpoint = keyof typeof KINDS;

/** What a fault can be meant for. */
export type Target = Endpoint | 'requesttoken authorization_code' | 'requesttoken refresh_token';

export const ENDPOINTS = Object.keys(KINDS) as [Endpoint, ...Endpoint[]];

export const TARGETS: [Target, ...Target[]] = [
  'requesttoken authorization_code',
  'requesttoken refresh_token',
  ...ENDPOINTS,
];

export function kindOf(endpoint: Endpoint): (typeof KINDS)[Endpoint] {
  return KINDS[endpoint];
}
