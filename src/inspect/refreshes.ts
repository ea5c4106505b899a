import type { RefusalCode } from '../withings/errors.ts';
import { TRIGGERS } from './reasons.ts';
import type { Refresh } from './recorder.ts';
import { answerWords, callStep, type Step } from './step.ts';

/** One refresh and what proved it. @param clock says when something was */
export function refreshStep(refresh: Refresh, apiUrl: string, clock: (at: number) => string): Step {
  const { call, trigger, refusal } = refresh;
  const { answer, ...step } = callStep(call, apiUrl);
  const reason = trigger && TRIGGERS[trigger];
  return {
    ...step,
    title: refusal === null ? 'New tokens' : 'New tokens were asked for',
    when: clock(call.at),
    said: [
      ...(reason ? [reason] : []),
      'Before the refresh token was sent, the intent to send it was written: whoever comes after a crash knows of it.',
      answer,
      ...(call.answered && refusal === null ? proofWords(refresh, clock) : []),
    ],
    lines: [
      ['src/tokens/renewal.ts', 'send'],
      ['src/tokens/changes.ts', refusal === null ? 'renewed' : refusal === REFUSED ? 'dead' : 'postponed'],
    ],
    problem: refusal === null ? undefined : endOf(refusal),
    isOpen: call.answered === null,
  };
}

function proofWords({ proof }: Refresh, clock: (at: number) => string): string[] {
  const kept =
    'The new pair is stored, and the refresh token before it beside it, until a call has shown that the new one works.';
  if (!proof) return [kept, 'Nobody has used it yet.'];
  const action = proof.sent.fields.find(({ name }) => name === 'action')?.shown ?? proof.sent.path;
  const when = `Proven at ${clock(proof.at)} by ${action}.`;
  return [kept, `${when} ${answerWords(proof)} With that Withings retires the old one, and so do we.`];
}

const REFUSED: RefusalCode = 'refresh-token-refused';

function endOf(code: RefusalCode) {
  return code === REFUSED
    ? {
        label: 'Refused',
        code,
        words:
          'That counts when the present and the previous refresh token are both refused, at a record that nobody has changed meanwhile. Then the connection is over.',
      }
    : {
        label: 'No verdict',
        code,
        words:
          'This says nothing about the token. The intent stays, the old access token serves for as long as it lives, and the same refresh token is sent again, eleven seconds later at the earliest: Withings takes it until a new pair is used.',
      };
}
