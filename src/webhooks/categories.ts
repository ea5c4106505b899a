/** The categories of news that a dashboard has a use for, by the scope that allows them. Source: Withings, "Notifications". */
const CATEGORIES: Record<string, number[]> = {
  'user.metrics': [1, 2, 4],
  'user.activity': [16, 44],
  'user.info': [46],
};

/** News about the person: the app was removed, the account deleted, details changed. */
export const ABOUT_THE_PERSON = 46;

/** What to subscribe to (Withings' `appli`) for someone who granted these scopes. */
export function categoriesFor(scope: string[]): number[] {
  return scope.flatMap((each) => CATEGORIES[each] ?? []);
}
