import { Router } from 'express';
import { SECOND } from '../clock.ts';
import { bodyFields, type Fields } from '../input.ts';
import { type Answer, invalidParams, success } from '../wire/answers.ts';
import type { World } from '../world.ts';
import { serverCode } from './actions.ts';
import { readOrders } from './orders.ts';
import { parseJson, readPersonal } from './personal.ts';
import { signedWork } from './signed.ts';

const MAX_DEVICES = 20;

/** Users that an application makes itself, for cellular devices (documented). */
export function partnerRoutes(world: World): Router {
  const { api, changes, clock, people, random } = world;
  const router = Router();

  router.all('/v2/user', (req, res, next) => {
    const fields = bodyFields(req);
    if (fields.get('action') !== 'activate') return next();
    return api.answer(res, { endpoint: 'activate' }, fields, () => activate(fields));
  });

  router.all('/v2/dropshipment', (req, res) => {
    const fields = bodyFields(req);
    if (fields.get('action') !== 'createuserorder') return api.unknown(res, fields);
    return api.answer(res, { endpoint: 'createuserorder' }, fields, () => createUserOrder(fields));
  });

  function activate(fields: Fields): Answer {
    return signedWork(world, fields, (client) => {
      const read = readPersonal(fields, client, 'mac_addresses');
      if ('refusal' in read) return read.refusal;
      const addresses = readMacAddresses(fields.get('mac_addresses') ?? '');
      if (!addresses) return invalidParams('invalid mac_addresses');
      const { userId, timezone } = people.create(read.person, client.id);
      changes.publish();
      const devices = addresses.map((address) => device(address, timezone));
      return success({ user: userAnswer(fields, client.id, userId), devices });
    });
  }

  /** One bad address, and there is neither a user nor an order (documented). */
  function createUserOrder(fields: Fields): Answer {
    return signedWork(world, fields, (client) => {
      const read = readPersonal(fields, client, 'order');
      if ('refusal' in read) return read.refusal;
      const orders = readOrders(fields.get('order') ?? '');
      if (!orders) return invalidParams('invalid order');
      const lost = orders.filter(({ deliverable }) => !deliverable).map((order) => order.customer_ref_id);
      if (lost.length > 0) return { status: 503, body: { invalid_address_customer_ref_ids: lost } };
      const { userId } = people.create(read.person, client.id);
      changes.publish();
      return success({
        user: userAnswer(fields, client.id, userId),
        orders: orders.map(({ customer_ref_id, products }) => ({
          order_id: `D${number()}`,
          customer_ref_id,
          status: 'VERIFIED',
          products,
        })),
        dropshipmentorderid: number(),
      });
    });
  }

  function userAnswer(fields: Fields, clientId: string, userId: number) {
    const code = serverCode(world, clientId, userId, fields.get('redirect_uri'));
    return { code, external_id: fields.get('external_id') };
  }

  /** Keys as documented, values invented. */
  function device(mac_address: string, timezone: string) {
    return {
      mac_address,
      type: 'Scale',
      model: 'Body Pro',
      model_id: 9,
      battery: 'high',
      deviceid: random(20),
      timezone,
      last_session_date: Math.floor(clock.now() / SECOND),
      serial_number: random(6),
    };
  }

  /** Eight digits, as in the documented example. */
  function number(): string {
    return String(10_000_000 + (Number.parseInt(random(4), 16) % 90_000_000));
  }

  return router;
}

function readMacAddresses(text: string): string[] | undefined {
  const list = parseJson(text);
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_DEVICES) return undefined;
  const isMac = (item: unknown) => typeof item === 'string' && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(item);
  return list.every(isMac) ? list : undefined;
}
