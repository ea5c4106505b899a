/** Whoever looks at the sandbox hears that something in it has changed. */
export class Changes {
  readonly #listeners = new Set<() => void>();

  /** Returns what ends the subscription. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(): void {
    for (const listener of this.#listeners) listener();
  }
}
