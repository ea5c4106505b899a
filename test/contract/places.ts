import type { Drawn } from './document.ts';

/** Every place that a schema draws: `body.series[].deviceid`, `{}` for any time. */
export function drawnPlaces(drawn: Drawn, at = ''): string[] {
  if (drawn.items) return drawnPlaces(drawn.items, `${at}[]`);
  const within = Object.entries(drawn.properties ?? {});
  const places = within.flatMap(([name, inner]) => drawnPlaces(inner, below(at, name)));
  return places.length > 0 ? places : [at];
}

/** Every place that an answer fills. */
export function filledPlaces(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => filledPlaces(item, `${at}[]`));
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [at];
  return Object.entries(value).flatMap(([name, inner]) => filledPlaces(inner, below(at, name)));
}

/** The same for a path as a validator writes it. */
export function placeOf(instancePath: string): string {
  return instancePath
    .split('/')
    .slice(1)
    .reduce((at, name) => below(at, name));
}

function below(at: string, name: string): string {
  if (/^\d{9,}$/.test(name) || name === '$timestamp') return `${at}{}`;
  if (/^\d+$/.test(name)) return `${at}[]`;
  return at ? `${at}.${name}` : name;
}
