import { expect, test } from '@jest/globals';
import { createEncryption, DecryptionError } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openGrant, RECORD_VERSION, sealGrant } from '../../src/store/sealed-grant.ts';
import { content } from './store-contract.ts';

const ID = 'eu:363';
const encryption = createEncryption(deriveKeys(['k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT']).seal);
const stored = (record: object) => encryption.seal(JSON.stringify(record), `grant|${ID}`);
const open = (record: object) => openGrant(ID, stored(record), encryption);

test('a grant is sealed without what the store holds beside it, and opens in its own place alone', () => {
  const { sealed } = sealGrant(
    ID,
    { ...content, id: ID, writeId: 'w', leased: true, restored: true } as object as typeof content,
    encryption,
  );
  expect(openGrant(ID, sealed, encryption)).toEqual(content);
  expect(() => openGrant('eu:364', sealed, encryption)).toThrow(new DecryptionError('damaged'));
});

test('a record from before there were versions', () => {
  const { v: _, backoffUntil: __, unlinked: ___, history: ____, issuer: cloud, ...rest } = content;
  const kept = { ...rest, cloud };
  expect(open({ ...kept, quietUntil: 7 })).toEqual({ ...content, backoffUntil: 7 });
  expect(open({ ...kept, quietUntil: 0, left: true, history: [] })).toEqual({ ...content, unlinked: true });
});

test('what a newer version has added is not lost on the way through this one, its number included', () => {
  const history = [{ what: 'connected', at: 1, last: 1, times: 1, place: 'here' }];
  const newer = { ...content, v: RECORD_VERSION + 1, history, hue: { red: 1 } };
  expect(open(newer)).toEqual(newer);
  const { sealed } = sealGrant(ID, open(newer), encryption);
  expect(openGrant(ID, sealed, encryption)).toEqual(newer);
});

test('a record that means nothing to this version is not taken for a grant', () => {
  const { refreshToken: _, ...newest } = content;
  expect(() => open({ ...newest, v: RECORD_VERSION + 9 })).toThrow(new DecryptionError('unreadable'));
});
