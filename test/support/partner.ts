import request from 'supertest';
import { createWithings, type Withings } from '../../src/withings/client.ts';
import type { NewUser } from '../../src/withings/partner.ts';
import type { TestApp } from './app.ts';
import { startFarApart } from './withings.ts';

export const KEY = 'a-partner-key-of-forty-characters-0123456';
export const USER: NewUser = {
  externalId: 'patient-17',
  email: 'ada@example.com',
  shortname: 'ADA',
  gender: 'female',
  birthdate: new Date('1985-12-10'),
  heightMetres: 1.68,
  weightKg: 61.5,
  timezone: 'Europe/Paris',
  language: 'en_EN',
};

/** The app with its door for partners open, a partner who has the key, and a contract with Withings. */
export async function startDoor(env: Record<string, string> = {}) {
  const { app, withings } = await startFarApart({ PARTNER_API_KEY: KEY, ...env });
  return { app, withings, partner: partnerOf(app), contract: contractWith(app) };
}

/** The partner's own server, which talks to Withings itself. */
export function contractWith({ config, clock }: TestApp): Withings {
  return createWithings({
    ...config.withings,
    redirectUri: `${config.publicUrl}/callback`,
    now: () => clock.now,
  });
}

export function partnerOf({ url }: TestApp, key = KEY) {
  const auth = { Authorization: `Bearer ${key}` };
  const client = request(url);
  return {
    post: (path: string, body?: object) => client.post(`/partner/connections${path}`).set(auth).send(body),
    get: (path: string) => client.get(`/partner/connections${path}`).set(auth),
    delete: (path: string) => client.delete(`/partner/connections${path}`).set(auth),
  };
}

/** The code of a user whom the partner has just made. */
export async function activated(contract: Withings, more: Partial<NewUser> = {}): Promise<string> {
  const made = await contract.activate({ ...USER, ...more }, ['00:24:e4:00:00:01']);
  if (!made.ok) throw new Error(made.refusal.code);
  return made.value.code;
}
