/**
 * The version of what is stored, the same number in every store. A store of an older version is brought up to it when
 * it is opened, by one step for each number; a step that was released is never changed.
 */
export const STORE_VERSION = 2;

/** Why a store is left alone that a newer version of this program wrote; null: none did. */
export function newerThanKnown(place: string, version: number): string | null {
  if (version <= STORE_VERSION) return null;
  return `${place} was written by a newer version of this program (its schema is ${version}, this one knows ${STORE_VERSION}): run that version.`;
}
