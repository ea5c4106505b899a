import { FAULT_WORDS } from '../wire/fault-words.ts';
import type { FaultName, Faults } from '../wire/faults.ts';

const NAMES: readonly FaultName[] = [
  'refuse-code',
  'lose-reply',
  'late',
  'http-500',
  'status-601',
  'wrong-secret',
  'partial-scope',
  'userid-string',
];

/** What can be made to go wrong right after consent, in words; each strikes once. */
export const CONSENT_FAULTS = NAMES.map((name) => ({ name, ...FAULT_WORDS[name] }));

/** A name that is none of these changes nothing. */
export function setConsentFault(faults: Faults, name: string | undefined): void {
  const fault = CONSENT_FAULTS.find((each) => each.name === name);
  if (fault) faults.set({ name: fault.name, times: 1, on: null, delayMs: null });
}
