import type { z } from 'zod';
import { readAnswer } from './answers.ts';
import type { Page } from './data.ts';
import type { Result } from './errors.ts';
import type { Post } from './http.ts';

/** A year of anything that is measured daily fits into half of it. */
const MAX_PAGES = 10;

/** All pages of a list, one after the other; a refusal of one is the answer of all. */
export async function allPages<T>(
  post: Post,
  path: string,
  fields: Record<string, string>,
  accessToken: string,
  page: z.ZodType<Page<T>>,
): Promise<Result<T[]>> {
  const all: T[] = [];
  let offset: number | null = 0;
  for (let pages = 0; pages < MAX_PAGES && offset !== null; pages += 1) {
    const asked: Record<string, string> = offset === 0 ? fields : { ...fields, offset: String(offset) };
    const read: Result<Page<T>> = readAnswer(await post(path, asked, accessToken), page);
    if (!read.ok) return read;
    all.push(...read.value.rows);
    offset = read.value.next;
  }
  return { ok: true, value: all };
}
