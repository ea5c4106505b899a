import { dueAt, type Grant, type GrantContent } from '../../../src/store/grant.ts';
import { RECORD_VERSION } from '../../../src/store/sealed-grant.ts';
import { createGrants, type Grants } from '../../../src/tokens/grants.ts';
import { refuse } from '../../../src/withings/errors.ts';
import { UNLIMITED } from '../../../src/withings/rate-limit.ts';
import { LIFE_MS, ModelWithings } from './withings.ts';

/** What is taken out of the protocol, so that the search shows what it is there for. */
export type Weakness =
  | 'none'
  | 'no intent'
  | 'no previous token'
  | 'use before persist'
  | 'no confirm'
  | 'no compare-and-set'
  | 'counter as write-id';

export interface Limits {
  weakness: Weakness;
  kills: number;
  lostReplies: number;
  pauses: number;
  rollbacks: number;
  /** What each process does, one thing after the other. */
  jobs: Job[][];
  eightHours: boolean;
  /** The token is due, but still good. */
  early: boolean;
}

export type Job = 'use' | 'attend' | 'refresh';

interface Step {
  process: Process;
  label: string;
  run: () => unknown;
}

interface Process {
  name: string;
  alive: boolean;
  busy: boolean;
  jobs: Job[];
  /** Everything it has seen: two processes with the same history are at the same place. */
  history: string;
  grants: Grants;
}

const ID = 'eu:363';
const PAUSE_MS = 12_000;

/** A small world in which the real grants.ts runs, one store or network step at a time, as a schedule wills. */
export class World {
  readonly withings: ModelWithings;
  readonly steps: Step[] = [];
  readonly processes: Process[] = [];
  record: { content: GrantContent; writeId: string; leaseUntil: number };
  #before: World['record'] | null = null;
  #now = 0;
  #writes = 0;
  /** Refresh tokens on the wire whose senders have given up. */
  readonly #underWay: string[] = [];
  readonly #left: { kills: number; lostReplies: number; pauses: number; rollbacks: number };
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#left = { ...limits };
    this.withings = new ModelWithings(() => this.#now);
    this.#now = limits.early ? LIFE_MS - 60_000 : LIFE_MS;
    Object.assign(this.withings.pairs[0] ?? {}, { expiresAt: LIFE_MS });
    this.record = { content: FIRST, writeId: 'w0', leaseUntil: 0 };
    for (const [index, jobs] of limits.jobs.entries()) this.#start(`P${index}`, [...jobs]);
  }

  /** Everything that could happen next: a step, a step whose reply is lost, a kill, a pause, eight hours … */
  options(): { label: string; happen: () => void }[] {
    const options = this.#idle().map((process) => ({
      label: `${process.name} begins ${process.jobs[0]}`,
      happen: () => this.#begin(process),
    }));
    for (const step of this.steps) {
      const label = `${step.process.name}: ${step.label}`;
      options.push({ label, happen: () => this.#take(step) });
      if (!step.label.startsWith('refresh') || this.#left.lostReplies === 0) continue;
      options.push({ label: `${label}, reply lost`, happen: () => this.#lose(step, true) });
      options.push({ label: `${label}, given up before it arrives`, happen: () => this.#lose(step, false) });
    }
    for (const [index, token] of this.#underWay.entries()) {
      const arrive = () => {
        this.#underWay.splice(index, 1);
        this.withings.refresh(token);
      };
      options.push({ label: `refresh ${token} arrives late`, happen: arrive });
    }
    const busy = this.processes.filter((process) => process.alive && process.busy);
    for (const process of this.#left.kills > 0 ? busy : []) {
      options.push({ label: `kill ${process.name}`, happen: () => this.#kill(process) });
    }
    if (this.#left.pauses > 0) options.push({ label: 'everybody is slow', happen: () => this.#pause() });
    if (this.#left.rollbacks > 0 && this.#before)
      options.push({ label: 'the store is set back', happen: () => this.#setBack() });
    if (this.#limits.eightHours && this.#isQuiet()) options.push(this.#nextWhileQuiet());
    return options;
  }

  /** The sweeper finishes what is open within minutes; only then can eight hours pass without a call. */
  #nextWhileQuiet() {
    return dueAt(this.record.content) === null
      ? { label: 'eight hours pass', happen: () => void this.withings.eightHours() }
      : { label: 'the sweeper comes', happen: () => this.#sweep() };
  }

  /** Asked in every state: would somebody who finds only the record still be let in? */
  lost(): string | null {
    const { content } = this.record;
    if (content.ended) return 'a healthy connection was given up';
    const accepted =
      this.withings.accepts(content.refreshToken) || this.withings.accepts(content.previousRefreshToken);
    return accepted ? null : 'no refresh token of the record is accepted';
  }

  /** Two states with the same key have the same future. Write-ids count only for which of them are equal. */
  key(): string {
    const processes = this.processes.map(({ name, alive, busy, jobs, history }) => [
      name,
      alive,
      busy,
      jobs,
      history,
    ]);
    const steps = this.steps.map(({ process, label }) => process.name + label);
    const world = [this.record, this.#before, this.withings, this.#now, this.#left, this.#underWay];
    const text = JSON.stringify([world, processes, steps]);
    const names = new Map<string, number>();
    return text.replace(/w\d+/g, (id) => {
      if (!names.has(id)) names.set(id, names.size);
      return `#${names.get(id)}`;
    });
  }

  #idle(): Process[] {
    return this.processes.filter(({ alive, busy, jobs }) => alive && !busy && jobs.length > 0);
  }

  #isQuiet(): boolean {
    return this.steps.length === 0 && this.#idle().length === 0;
  }

  #start(name: string, jobs: Job[]): Process {
    const process = { name, alive: true, busy: false, jobs, history: '' } as Process;
    const step = <T>(label: string, run: () => T): Promise<T> => {
      if (!process.alive) return new Promise<never>(() => {});
      return new Promise<T>((resolve) => {
        const done = (instead: unknown, acts: boolean) => {
          const value = acts ? run() : undefined;
          const seen = instead ?? value;
          process.history += `${label}=${JSON.stringify(seen)};`;
          resolve(seen as T);
        };
        this.steps.push({ process, label, run: done as () => unknown });
      });
    };
    process.grants = createGrants({
      store: {
        readGrant: (id) => step('read', () => this.#read(id)),
        writeGrant: (_id, writeId, change, leaseMs) =>
          step('write', () => this.#write(writeId, change, leaseMs)),
      },
      withings: {
        issuer: 'eu',
        callsPerRefresh: 1,
        turn: UNLIMITED, // whoever waits for a turn has written nothing
        refresh: (token) => step(`refresh ${token}`, () => this.#refresh(token)),
        probe: (token) => step(`use ${token}`, () => this.withings.use(token)),
      },
      now: () => this.#now,
      monotonic: () => this.#now,
      sleep: (ms) => step('sleep', () => this.#pass(ms * 40)), // a few looks instead of many
      recover: null,
      callMs: 1000,
      onRefresh: () => {},
      refreshMarginSeconds: 600,
      onError: (error) => {
        throw error;
      },
    });
    this.processes.push(process);
    return process;
  }

  #begin(process: Process): void {
    const job = process.jobs.shift();
    process.busy = true;
    const { grants } = process;
    const onGrant = (grant: Grant | null): Promise<unknown> | undefined => {
      if (!grant) return undefined;
      return job === 'refresh'
        ? grants.refresh(grant)
        : grants.use(grant, (token) => this.#dataCall(process, token));
    };
    const work = job === 'attend' ? grants.attend(ID) : grants.read(ID).then(onGrant);
    void work
      .then(() => grants.settled())
      .then(() => {
        process.busy = false;
      });
  }

  #dataCall(process: Process, token: string) {
    if (!process.alive) return new Promise<never>(() => {});
    return new Promise<ReturnType<ModelWithings['use']>>((resolve) => {
      const run = () => {
        const answer = this.withings.use(token);
        process.history += `data ${token}=${answer.ok};`;
        resolve(answer);
      };
      this.steps.push({ process, label: `data ${token}`, run });
    });
  }

  /** The caller learns nothing. Withings has acted, or acts at some later moment. */
  #lose(step: Step, acted: boolean): void {
    this.#left.lostReplies -= 1;
    const token = step.label.replace('refresh ', '');
    if (!acted) this.#underWay.push(token);
    this.#take(step, refuse('withings-unreachable'), acted);
  }

  #take(step: Step, instead?: unknown, acts = true): void {
    this.steps.splice(this.steps.indexOf(step), 1);
    (step.run as (instead: unknown, acts: boolean) => void)(instead, acts);
  }

  #read(id: string): Grant {
    const { content, writeId, leaseUntil } = this.record;
    return { ...content, id, writeId, leased: this.#now < leaseUntil, restored: false };
  }

  #write(writeId: string, change: GrantContent, leaseMs: number): Grant | null {
    const { weakness } = this.#limits;
    if (writeId !== this.record.writeId && weakness !== 'no compare-and-set') return null;
    const isNewPair = change.accessToken !== this.record.content.accessToken;
    const content = contentOf(change);
    if (weakness === 'no intent') content.intent = null;
    if (weakness === 'no previous token') content.previousRefreshToken = null;
    if (weakness === 'no confirm' && isNewPair)
      Object.assign(content, { intent: null, previousRefreshToken: null });
    const next = weakness === 'counter as write-id' ? Number(this.record.writeId.slice(1)) : this.#writes;
    this.#writes += 1;
    this.#before = isNewPair ? null : this.record; // a backup from before a new pair would be a loss by itself
    this.record = { content, writeId: `w${next + 1}`, leaseUntil: leaseMs === 0 ? 0 : this.#now + leaseMs };
    return { ...this.#read(ID), leased: leaseMs > 0 };
  }

  #refresh(token: string) {
    const answer = this.withings.refresh(token);
    if (this.#limits.weakness === 'use before persist' && answer.ok)
      this.withings.use(answer.value.accessToken);
    return answer;
  }

  #kill(process: Process): void {
    this.#left.kills -= 1;
    process.alive = false;
    for (const step of this.steps.filter((candidate) => candidate.process === process)) {
      this.steps.splice(this.steps.indexOf(step), 1);
    }
  }

  #pass(ms: number): void {
    this.#now += ms;
  }

  #pause(): void {
    this.#left.pauses -= 1;
    this.#now += PAUSE_MS;
  }

  #setBack(): void {
    this.#left.rollbacks -= 1;
    if (this.#before) this.record = this.#before;
    this.#before = null;
  }

  #sweep(): void {
    this.#now += PAUSE_MS;
    this.#start(`S${this.processes.length}`, ['attend']);
  }
}

function contentOf(grant: GrantContent): GrantContent {
  const { id: _id, writeId: _writeId, leased: _leased, restored: _restored, ...content } = grant as Grant;
  return { ...content, history: [] }; // what a grant remembers for people decides nothing
}

const FIRST: GrantContent = {
  v: RECORD_VERSION,
  issuer: 'eu',
  userId: '363',
  demo: false,
  askedScope: ['user.metrics'],
  scope: ['user.metrics'],
  connectedAt: 0,
  accessToken: 'at-0',
  accessIssuedAt: 0,
  accessExpiresAt: LIFE_MS,
  accessRefused: false,
  refreshToken: 'rt-0',
  refreshIssuedAt: 0,
  refreshExpiresAt: 365 * 24 * 3_600_000,
  previousRefreshToken: null,
  intent: null,
  lastRefresh: null,
  backoffUntil: 0,
  proveAfter: 0,
  ended: null,
  unlinked: false,
  history: [],
};
