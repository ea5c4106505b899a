/** Tells whoever looks at the sandbox that something in it has changed. */
export class Changes {
  readonly #listeners = new Set<() => void>();

  /** Answers how to stop listening. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
