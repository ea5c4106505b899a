import { asProblem } from '../problems/page.ts';

/** What this program has words for, as a Problem with the error as its cause; anything else stays what it is. */
export function known(error: unknown): unknown {
  const problem = asProblem(error);
  return problem === error || problem.code === 'internal' ? error : Object.assign(problem, { cause: error });
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
