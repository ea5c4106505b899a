import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../visitor.js';
import { createFlooder } from './flooder.js';
import { createPipeliner } from './pipeliner.js';
import { createPresser } from './presser.js';

/**
 * @typedef {object} Hostile
 * @property {number} atOnce so many loops
 * @property {number} everyMs the pause in each of them
 * @property {() => Promise<void>} act
 */

const ADDRESSES = { presser: '127.0.0.80', pipeliner: '127.0.0.81' };
const LOOK_EVERY_MS = 50;

/**
 * Three who want the place of everybody, from addresses of their own. Two of them have connections, which are judged
 * as everybody's.
 *
 * @param {object} parts
 * @param {import('../visitor.js').Visitor[]} parts.visitors
 * @param {() => number} parts.port where one of the processes is
 * @param {import('../chance.js').Chance} parts.chance
 * @param {string} parts.publicUrl
 * @param {() => boolean} parts.isOn
 */
export async function createHostiles({ visitors, port, chance, publicUrl, isOn }) {
  /** How many requests ended with which status, by what they were; 0: no answer. @type {Record<string, number>} */
  const outcomes = {};
  const ours = { Origin: publicUrl, 'Sec-Fetch-Site': 'same-origin' };
  const presser = await connect(port(), port(), ADDRESSES.presser);
  const pipeliner = await connect(port(), port(), ADDRESSES.pipeliner);
  visitors.push(presser, pipeliner);
  const parts = { port, chance, ours, note };
  const hostiles = [
    createFlooder(parts),
    createPresser({ ...parts, from: ADDRESSES.presser, cookie: presser.cookie }),
    createPipeliner({ ...parts, from: ADDRESSES.pipeliner, cookie: pipeliner.cookie }),
  ];

  /** @param {string} what @param {number} status */
  function note(what, status) {
    const outcome = `${what} ${status}`;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }

  /** @param {Hostile} hostile */
  async function loop({ everyMs, act }) {
    for (;;) {
      await sleep(isOn() ? everyMs : LOOK_EVERY_MS);
      if (isOn()) await act();
    }
  }

  return {
    outcomes,
    /** As long as this program runs. */
    start() {
      for (const hostile of hostiles)
        for (let number = 0; number < hostile.atOnce; number += 1) void loop(hostile);
    },
  };
}

/**
 * @typedef {object} HostileParts
 * @property {() => number} port where one of the processes is
 * @property {import('../chance.js').Chance} chance
 * @property {Record<string, string>} ours the headers of a form of this site
 * @property {(what: string, status: number) => void} note
 */
/** Who has a connection as well. @typedef {HostileParts & { from: string, cookie: string }} OwnerParts */
/** @typedef {Awaited<ReturnType<typeof createHostiles>>} Hostiles */
