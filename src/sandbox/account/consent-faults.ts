import type { FaultName, Faults } from '../wire/faults.ts';

/** What can be made to go wrong right after consent, in words; each strikes once. */
export const CONSENT_FAULTS: readonly { name: FaultName; title: string; what: string }[] = [
  { name: 'refuse-code', title: 'The code is refused', what: 'as if it were older than 30 seconds' },
  { name: 'lose-reply', title: 'The answer gets lost', what: 'the tokens are made, but never arrive' },
  { name: 'late', title: 'The answer comes too late', what: 'after the app has stopped waiting' },
  { name: 'http-500', title: 'Withings is down', what: 'a web page with status 500 in place of an answer' },
  { name: 'status-601', title: 'Too many requests', what: 'status 601, the app should wait and try again' },
  { name: 'wrong-secret', title: 'The app is not known', what: 'its secret is refused' },
  { name: 'partial-scope', title: 'Only one permission is given', what: 'whatever was ticked above' },
  { name: 'userid-string', title: 'The user id comes as text', what: 'as older answers did' },
];

/** A name that is none of these changes nothing. */
export function setConsentFault(faults: Faults, name: string | undefined): void {
  const fault = CONSENT_FAULTS.find((each) => each.name === name);
  if (fault) faults.set({ name: fault.name, times: 1, on: null, delayMs: null });
}
