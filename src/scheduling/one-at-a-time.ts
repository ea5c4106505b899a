/**
 * Runs `work` one at a time. Asked again while it runs, it runs once more, however often it was asked. The promise
 * resolves when it has come to rest; it never rejects.
 */
export function oneAtATime(
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let running: Promise<void> | undefined;
  let again = false;

  async function run(): Promise<void> {
    while (again) {
      again = false;
      await work().catch(onError);
    }
    running = undefined;
  }

  return () => {
    again = true;
    running ??= Promise.resolve().then(run);
    return running;
  };
}
