export interface Scope {
  name: string;
  title: string;
  covers: string;
}

/** The scopes of the developer guide (documented), in words for the person who is asked. */
const scopes: readonly Scope[] = [
  { name: 'user.info', title: 'Your devices and goals', covers: 'which devices you use, what you aim for' },
  {
    name: 'user.metrics',
    title: 'Your body measures',
    covers: 'weight, body composition, blood pressure, heart',
  },
  { name: 'user.activity', title: 'Your activity and sleep', covers: 'steps, workouts, nights' },
  { name: 'user.sleepevents', title: 'Your time in bed', covers: 'when you get in and out of bed' },
  { name: 'user.data', title: 'Your survey answers', covers: 'what you answered when asked' },
];

/** Comma separated (documented); what is not known is left out (inferred). Each once, in the order asked. */
export function readScopes(text: string): Scope[] {
  const asked = new Set(text.split(','));
  return [...asked].flatMap((name) => scopes.find((scope) => scope.name === name) ?? []);
}

export function scopeText(list: readonly Scope[]): string {
  return list.map((scope) => scope.name).join(',');
}
