import type { Router } from 'express';
import { DAY, SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { success } from '../../wire/answers.ts';
import type { World } from '../../world.ts';
import { DAYS_BEFORE_OPENING } from '../days-with-data.ts';
import { DEVICES, type Device, deviceId } from '../devices.ts';
import { noise } from '../noise.ts';
import { serve } from '../serve.ts';

/** A device syncs whenever a quarter of an hour begins. */
const SYNC = 900 * SECOND;

export function userRoutes(world: World): Router {
  const first = world.clock.openedAt - DAYS_BEFORE_OPENING * DAY;
  return serve(world, '/v2/user', {
    getdevice: {
      endpoint: 'getdevice',
      scopes: ['user.info'],
      answer: ({ person, now }) => success({ devices: devicesOf(person, first, now) }),
    },
    getgoals: {
      endpoint: 'getgoals',
      scopes: ['user.info', 'user.metrics'],
      answer: ({ person }) => success({ goals: goalsOf(person) }),
    },
  });
}

/** The demo user has none linked (an official sample says so). Times in seconds. */
function devicesOf(person: Person, first: number, now: number) {
  const names = person.demo ? [] : person.owns.filter((name) => name !== 'phone');
  return names.map((name) => {
    const device: Device = DEVICES[name];
    const id = deviceId(person.userId, device);
    return {
      type: device.type,
      battery: battery(person, device, now),
      model: device.model,
      model_id: device.modelid,
      timezone: person.timezone,
      first_session_date: Math.floor(first / SECOND),
      last_session_date: Math.floor((now - (now % SYNC)) / SECOND),
      deviceid: id,
      hash_deviceid: id,
    };
  });
}

/** Runs down and is charged again. Above 75 % it is high, above 30 % medium (documented). */
function battery({ userId }: Person, { modelid }: Device, now: number): 'high' | 'medium' | 'low' {
  const days = 30 + noise(userId, modelid, 80) * 200;
  const left = 1 - ((now / DAY + noise(userId, modelid, 81) * days) % days) / days;
  return left > 0.75 ? 'high' : left > 0.3 ? 'medium' : 'low';
}

/** Steps a day, sleep in seconds, weight as value × 10^unit kg; who never set any has none (both recorded). */
function goalsOf({ owns, weightKg }: Person) {
  if (owns.length === 1) return {};
  return {
    steps: 10_000,
    sleep: 28_800,
    weight: { value: Math.round(weightKg * 0.97 * 10) * 100, unit: -3 },
  };
}
