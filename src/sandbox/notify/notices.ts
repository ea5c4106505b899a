import type { Person } from '../people.ts';

/** Who wants to be told what, and the telling. */
export class Notices {
  /** A reading was taken (`appli` 1: weight). Seconds since 1970. */
  measured(_person: Person, _appli: number, _startdate: number, _enddate: number): void {}

  /** The person is gone: those who asked for user events (46) are told, and nobody is subscribed any more. */
  left(_userId: number, _clientId: string, _action: 'unlink' | 'delete'): void {}

  /** Ends the subscriptions without a word. */
  drop(_userId: number, _clientId: string): void {}

  clear(): void {}

  close(): void {}
}
