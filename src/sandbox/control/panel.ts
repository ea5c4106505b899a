import { Router } from 'express';
import { showPage } from '../account/pages.ts';
import { latestWeight } from '../data/measures/history.ts';
import type { Person } from '../people.ts';
import { FAULTS } from '../wire/faults.ts';
import type { World } from '../world.ts';
import { clockWords, faultWords, grantWords, isLive, jumps } from './panel-words.ts';
import { describeState, type State } from './state.ts';
import { timeWords } from './time-words.ts';
import { Watchers } from './watchers.ts';

const SHOWN_CALLS = 20;

/** A person's page on the sandbox: its clock, its faults, its people, the calls it got. */
export function panelRoutes(world: World): Router {
  const { callLog, changes, clients, clock, people, weighIns } = world;
  const router = Router();

  router.get('/', async (_req, res) => {
    const state = describeState(world);
    return showPage(res, 'panel', {
      title: 'Sandbox',
      clock: clockWords(state),
      jumps: jumps(state),
      faults: state.faults.map(faultWords),
      faultNames: FAULTS,
      users: people.all().map((person) => userWords(person, state)),
      callbacks: clients.all().flatMap(({ redirectUris }) => redirectUris),
      log: callLog
        .all()
        .slice(0, SHOWN_CALLS)
        .map(({ fields, ...call }) => ({
          ...call,
          request: Object.entries(fields)
            .map(([name, value]) => `${name}=${value}`)
            .join('\n'),
          time: timeWords(new Date(call.at).toISOString()),
        })),
      calls: Object.entries(state.counters).map(([endpoint, outcomes]) => ({
        endpoint,
        outcomes: Object.entries(outcomes).map(([outcome, n]) => `${outcome} ${n}×`),
      })),
    });
  });

  const watchers = new Watchers(changes);
  router.get('/events', (req, res) => watchers.add(req, res));

  function userWords(person: Person, state: State) {
    const grants = state.users.find(({ userId }) => userId === person.userId)?.grants ?? [];
    const weight = latestWeight(clock, person, clock.now(), weighIns.of(person.userId));
    return {
      ...person,
      weight: weight === undefined ? '' : `${weight.toFixed(1)} kg`,
      connected: grants.some(isLive),
      grants: grants.map((grant) =>
        grantWords(grant, clients.get(grant.clientId)?.name ?? grant.clientId, state.clock.now),
      ),
    };
  }

  return router;
}
