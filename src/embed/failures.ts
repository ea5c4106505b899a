import type { ProblemCode } from '../problems/catalogue.ts';
import { asProblem } from '../problems/page.ts';

const OF_THE_STORE: ProblemCode[] = ['store-unavailable', 'key-missing'];

/**
 * What fails in the store, as a Problem with the error as its cause. Anything else stays what it is: an error of the
 * application's own may have an HTTP status, too.
 */
export function known(error: unknown): unknown {
  const problem = asProblem(error);
  const isOurs = problem !== error && OF_THE_STORE.includes(problem.code);
  return isOurs ? Object.assign(problem, { cause: error }) : error;
}

/** The same methods; what they reject with is known. */
export function withKnownFailures<Methods extends object>(methods: Methods): Methods {
  const wrapped = Object.entries(methods).map(([name, method]) => [
    name,
    async (...values: unknown[]) => {
      try {
        return await method(...values);
      } catch (error) {
        throw known(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped);
}
