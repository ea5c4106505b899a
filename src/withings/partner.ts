import { z } from 'zod';
import type { Result } from './errors.ts';
import { code } from './oauth2.ts';
import type { SignedCall } from './signed-calls.ts';

/** A user whom a partner makes itself, for devices that need no phone. Fields as in Withings, "User v2 - Activate". */
export interface NewUser {
  /** Yours; the answer repeats it. */
  externalId: string;
  email: string;
  /** Three letters or digits, which a scale shows. */
  shortname: string;
  gender: 'male' | 'female';
  birthdate: Date;
  heightMetres: number;
  weightKg: number;
  /** Such as `Europe/Paris`. */
  timezone: string;
  /** Such as `en_EN`. */
  language: string;
  /** Withings' codes of units by quantity. Default: kg, metres, kilometres, °C. */
  units?: { weight: number; height: number; distance: number; temperature: number };
  /** Whether Withings may write to the person. Default: no. */
  mailing?: boolean;
  firstname?: string;
  lastname?: string;
  /** E.164. */
  phonenumber?: string;
}

/** One parcel of a dropshipment, in Withings' own field names ("Dropshipment v2 - Createuserorder"). */
export interface Order {
  customer_ref_id: string;
  address: Record<string, string>;
  products: ({ ean: string; quantity: number } | { partner_ref: string; quantity: number })[];
}

/** Withings' calls for partners with a contract. Each answers an authorization code that lives ten minutes. */
export interface Partner {
  /** Makes a user and gives them these devices. `macAddresses`: such as `00:24:e4:00:00:01`. */
  activate(user: NewUser, macAddresses: string[]): Promise<Result<{ code: string }>>;
  /** Makes a user and sends them devices. A bad address is refused, and then there is neither user nor order. */
  createUserOrder(user: NewUser, orders: Order[]): Promise<Result<{ code: string; orderIds: string[] }>>;
}

export function createPartner(signedCall: SignedCall): Partner {
  return {
    activate(user, macAddresses) {
      const fields = { ...personal(user), mac_addresses: JSON.stringify(macAddresses) };
      return signedCall('v2/user', 'activate', fields, activated);
    },
    createUserOrder(user, orders) {
      const fields = { ...personal(user), order: JSON.stringify(orders) };
      return signedCall('v2/dropshipment', 'createuserorder', fields, ordered);
    },
  };
}

const METRIC = { weight: 1, height: 6, distance: 6, temperature: 11 };

function personal(user: NewUser): Record<string, string> {
  const { firstname, lastname, phonenumber } = user;
  const optional = Object.entries({ firstname, lastname, phonenumber });
  return {
    external_id: user.externalId,
    email: user.email,
    shortname: user.shortname,
    gender: user.gender === 'male' ? '0' : '1',
    birthdate: String(Math.floor(user.birthdate.getTime() / 1000)),
    measures: JSON.stringify([
      { value: Math.round(user.heightMetres * 100), unit: -2, type: 4 },
      { value: Math.round(user.weightKg * 100), unit: -2, type: 1 },
    ]),
    timezone: user.timezone,
    preflang: user.language,
    unit_pref: JSON.stringify(user.units ?? METRIC),
    mailingpref: user.mailing ? '1' : '0',
    ...Object.fromEntries(optional.filter((entry): entry is [string, string] => entry[1] !== undefined)),
  };
}

const activated = code.transform((value) => ({ code: value }));

const ordered = z.intersection(
  activated,
  z
    .object({ orders: z.array(z.object({ order_id: z.string() })) })
    .transform(({ orders }) => ({ orderIds: orders.map(({ order_id }) => order_id) })),
);
