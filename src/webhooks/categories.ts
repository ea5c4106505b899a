import { SERVICES, type Service } from '../store/store.ts';

/** The categories of news that a dashboard has a use for, by the scope that allows them. Source: Withings, "Notifications". */
const CATEGORIES: Record<string, number[]> = {
  'user.metrics': [1, 2, 4],
  'user.activity': [16, 44],
  'user.info': [46],
};

/** News about the person: the app was removed, the account deleted, details changed. */
export const ABOUT_THE_PERSON = 46;

/** What its news are about; of a category that is not known, all. */
export function servicesOf(category: number | null): readonly Service[] {
  if (category === ABOUT_THE_PERSON) return [];
  const known = SERVICES.filter((service) => category !== null && TOLD_BY[service].includes(category));
  return known.length > 0 ? known : SERVICES;
}

/** Of what Withings tells all news to someone who has subscribed to these. */
export function toldBy(categories: number[]): Service[] {
  return SERVICES.filter((service) => TOLD_BY[service].every((each) => categories.includes(each)));
}

const TOLD_BY: Record<Service, number[]> = { measures: [1, 2, 4], activity: [16], nights: [44] };

/** What to subscribe to (Withings' `appli`) for someone who granted these scopes. */
export function categoriesFor(scope: string[]): number[] {
  return scope.flatMap((each) => CATEGORIES[each] ?? []);
}
