/** Which scope each category asks for (documented). */
const CATEGORIES: Record<number, string> = {
  1: 'user.metrics',
  2: 'user.metrics',
  4: 'user.metrics',
  16: 'user.activity',
  44: 'user.activity',
  46: 'user.info',
  50: 'user.sleepevents',
  51: 'user.sleepevents',
  52: 'user.sleepevents',
  54: 'user.metrics',
  55: 'user.metrics',
  58: 'user.metrics',
  61: 'user.metrics',
  62: 'user.metrics',
  63: 'user.metrics',
};

/** That a person has removed the app, is gone, or has changed something about themselves. */
export const USER_EVENTS = 46;

/** Undefined: no category that can be subscribed to with an access token. */
export function scopeOf(appli: number): string | undefined {
  return CATEGORIES[appli];
}
