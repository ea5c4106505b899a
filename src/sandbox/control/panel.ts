import { Router } from 'express';
import { showPage } from '../account/pages.ts';
import { latestWeight } from '../data/measures/history.ts';
import type { Person } from '../people.ts';
import { TARGETS } from '../wire/endpoints.ts';
import type { World } from '../world.ts';
import { callWords } from './call-words.ts';
import { clockWords, FAULT_GROUPS, faultWords, grantWords, jumps, scenarioWords } from './panel-words.ts';
import { wordsSaid } from './replies.ts';
import { sameOriginOnly } from './same-origin.ts';
import { describeState, type State } from './state.ts';
import { Watchers } from './watchers.ts';

const SHOWN_CALLS = 25;

/** The control room: what happens at Withings' side, and the levers. */
export function panelRoutes(world: World): Router {
  const { callLog, changes, clients, clock, people, weighIns } = world;
  const router = Router();
  const atOurName = sameOriginOnly(world);

  router.get('/', atOurName, async (req, res) => {
    const state = describeState(world);
    const callbacks = clients.all().flatMap(({ redirectUris }) => redirectUris);
    return showPage(res, 'panel', {
      title: 'Control room',
      said: wordsSaid(req, people),
      app: appWords(callbacks),
      clock: clockWords(state),
      jumps: jumps(state),
      scenarios: scenarioWords(state),
      limits: state.limits,
      faults: state.faults.map(faultWords),
      faultGroups: FAULT_GROUPS,
      targets: TARGETS,
      users: people.all().map((person) => userWords(person, state)),
      callbacks,
      log: callLog.all().slice(0, SHOWN_CALLS).map(callWords),
      counters: Object.entries(state.counters).map(([endpoint, outcomes]) => ({
        endpoint,
        outcomes: Object.entries(outcomes).map(([outcome, n]) => `${outcome} ${n}×`),
      })),
    });
  });

  const watchers = new Watchers(changes);
  router.get('/events', atOurName, (req, res) => watchers.add(req, res));

  /** The way back: the front page of where people are sent after consent. */
  function appWords([callback]: string[]) {
    const name = clients.all()[0]?.name ?? '';
    return callback ? { name, url: new URL('/', callback).href } : null;
  }

  function userWords(person: Person, state: State) {
    const own = state.users.find(({ userId }) => userId === person.userId)?.grants ?? [];
    const weight = latestWeight(clock, person, clock.now(), weighIns.of(person.userId));
    const grants = own.map((grant, index) => ({
      ...grantWords(grant, clients.get(grant.clientId)?.name ?? grant.clientId, state.clock.now),
      id: `grant-${person.userId}-${own.length - index}`,
    }));
    return {
      ...person,
      weight: weight === undefined ? '' : `${weight.toFixed(1)} kg`,
      grants: grants.filter(({ live }) => live),
      ended: grants.filter(({ live }) => !live),
    };
  }

  return router;
}
