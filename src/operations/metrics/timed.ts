type Told = (operation: string, milliseconds: number, error: unknown) => void;

/**
 * The same object, with a word about each promise that one of its functions gives: how long it took, and why it was
 * rejected; null: it was not.
 *
 * @param monotonic milliseconds since any fixed moment; never steps
 */
export function timed<T extends object>(target: T, monotonic: () => number, told: Told): T {
  const entries = Object.entries(target).map(([name, value]) => [
    name,
    typeof value === 'function' ? timedFunction(name, value, monotonic, told) : value,
  ]);
  return Object.fromEntries(entries);
}

type Call = (...args: unknown[]) => unknown;

function timedFunction(name: string, call: Call, monotonic: () => number, told: Told): Call {
  return (...args) => {
    const begun = monotonic();
    const result = call(...args);
    if (!(result instanceof Promise)) return result;
    result.then(
      () => told(name, monotonic() - begun, null),
      (error) => told(name, monotonic() - begun, error),
    );
    return result;
  };
}
