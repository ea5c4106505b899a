/** What is known of people's subscriptions to notifications: beside the grants, so that nothing here touches a token. */
export interface SubscriptionStore {
  /** Null when nothing is known. */
  readSubscriptions(grantId: string): Promise<StoredSubscriptions | null>;
  /** Stores that beside the grant, with whose end it ends. False: there is no such grant. */
  writeSubscriptions(grantId: string, state: string, dueAt: number): Promise<boolean>;
  /** Remembers that Withings told of news at this moment. False: there is no such grant. */
  recordNews(grantId: string, at: number): Promise<boolean>;
  /** Ids of grants whose subscriptions are due, or were never checked. Nobody else is given them for `claimMs`. */
  claimSubscriptions(now: number, claimMs: number, limit: number): Promise<string[]>;
}

export interface StoredSubscriptions {
  /** As it was written; null: none was. */
  state: string | null;
  /** When Withings last told of news; 0: never. */
  newsAt: number;
}
