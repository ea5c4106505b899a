/** What reaches the other processes at once, and may get lost on the way. Nothing of it is stored. */
export interface PubSub {
  /** Gives the id of a grant when anything about it has changed, whoever changed it. */
  onChange(listener: (grantId: string) => void): void;
  /** Sends the others what this process has learned, sealed. */
  publish(text: string): void;
  /** Gives what the others have published. */
  subscribe(listener: (text: string) => void): void;
}
