export const number = (n: number) => n.toLocaleString('en');

const counted = (one: string, many: string) => (n: number) => `${number(n)} ${n === 1 ? one : many}`;

export const connections = counted('connection', 'connections');
export const browsers = counted('browser', 'browsers');
export const tries = counted('attempt', 'attempts');

const LINES = 20;

/** Tells "so many of so many" every twentieth of the way, at the most. Call it with how many more are done. */
export function counter(total: number, tell: (done: string) => void): (more: number) => void {
  let done = 0;
  let lines = 0;
  return (more) => {
    done += more;
    const reached = Math.floor((done / total) * LINES);
    if (reached > lines) tell(`${number(done)} of ${number(total)}`);
    lines = reached;
  };
}
