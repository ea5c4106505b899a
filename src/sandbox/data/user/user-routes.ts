import type { Router } from 'express';
import { DAY, SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { success } from '../../wire/answers.ts';
import type { World } from '../../world.ts';
import { midnight } from '../calendar.ts';
import { firstDay, type History, importedAt } from '../days-with-data.ts';
import { DEVICES, type Device, deviceId } from '../devices.ts';
import { noise } from '../noise.ts';
import { serve } from '../serve.ts';

/** A device syncs whenever a quarter of an hour begins. */
const SYNC = 900 * SECOND;

export function userRoutes(world: World): Router {
  return serve(world, '/v2/user', {
    getdevice: {
      endpoint: 'getdevice',
      scopes: ['user.info'],
      answer: ({ person, now }) => success({ devices: devicesOf(world.clock, person, now) }),
    },
    getgoals: {
      endpoint: 'getgoals',
      scopes: ['user.info', 'user.metrics'],
      answer: ({ person }) => success({ goals: goalsOf(person) }),
    },
  });
}

/** The demo user has none linked (an official sample says so). Times in seconds. */
function devicesOf(history: History, person: Person, now: number) {
  const first = importedAt(history, person) ?? midnight(firstDay(history, person), person.timezone);
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
      ...sessionsOf(device, first, now),
      deviceid: id,
      hash_deviceid: id,
    };
  });
}

/** @differs getdevice (S): `first_session_date` is `null` of a device that came before the account */
function sessionsOf(device: Device, first: number, now: number) {
  const isFormer = device === DEVICES.formerScale;
  return {
    first_session_date: isFormer ? null : Math.floor(first / SECOND),
    last_session_date: Math.floor((isFormer ? first - DAY : now - (now % SYNC)) / SECOND),
  };
}

/**
 * Runs down and is charged again. Above 75 % it is high, above 30 % medium (documented).
 *
 * @differs getdevice (S): `model` and `battery` are `null` of a device newer than the names
 */
function battery(
  { userId }: Person,
  { model, modelid }: Device,
  now: number,
): 'high' | 'medium' | 'low' | null {
  if (model === null) return null;
  const days = 30 + noise(userId, modelid, 80) * 200;
  const left = 1 - ((now / DAY + noise(userId, modelid, 81) * days) % days) / days;
  return left > 0.75 ? 'high' : left > 0.3 ? 'medium' : 'low';
}

/**
 * Steps a day, sleep in seconds, weight as value × 10^unit kg.
 *
 * @differs getgoals (S): only the goals that were set; `goals` is empty where there are none
 */
function goalsOf({ goals: { steps, sleepHours, weightKg } }: Person) {
  return {
    ...(steps ? { steps } : {}),
    ...(sleepHours ? { sleep: sleepHours * 3600 } : {}),
    ...(weightKg ? { weight: { value: Math.round(weightKg * 1000), unit: -3 } } : {}),
  };
}
