import type { CopyMark } from './copy/mark.ts';

/** A store as it lies there, for `npm run doctor`: opened beside the app, and brought to no other version. */
export interface InspectedStore {
  /** See STORE_VERSION; 0: there is no store yet. */
  readVersion(): Promise<number>;
  readMark(): Promise<CopyMark | null>;
  /** See RestoredStore. */
  heldSince(): Promise<number | null>;
  /** The key of this store, sealed (store-key.ts); null: it has none. */
  readKey(): Promise<string | null>;
  /** As Store.probe, and nothing of it stays. The one thing here that writes. */
  probe(): Promise<void>;
  close(): void;
}
