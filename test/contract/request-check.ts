import type { Field, Operation } from './document.ts';

export type Sent = Record<string, string>;

const JSON_TEXT = (value: string) => typeof JSON.parse(value) === 'object';
const DIGITS = (value: string) => /^-?\d+$/.test(value);

/** How a value of each documented type is written. */
const WRITTEN: Record<string, (value: string) => boolean> = {
  string: (value) => value !== '',
  integer: DIGITS,
  id32m64: DIGITS,
  boolean: (value) => /^(true|false)$/.test(value),
  'list of integers': (value) => /^\d+(,\d+)*$/.test(value),
  'Y-m-d': (value) => /^\d{4}-\d\d-\d\d$/.test(value),
  email: (value) => value.includes('@'),
  timezone: (value) => /^\w+\/\w+$/.test(value),
  json: JSON_TEXT,
  json_string: JSON_TEXT,
  json_array: JSON_TEXT,
  macaddress: JSON_TEXT,
  partner_redirect_uri: URL.canParse,
};

/** What speaks against a request by the document; of several ways to ask, the one that it comes closest to. */
export function objectionsTo({ forms }: Operation, sent: Sent): string[] {
  const each = forms.map((fields) => [...undocumented(fields, sent), ...fields.flatMap(objection(sent))]);
  return each.sort((a, b) => a.length - b.length)[0] ?? [];
}

function undocumented(fields: Field[], sent: Sent): string[] {
  const strangers = Object.keys(sent).filter((name) => !fields.some((field) => field.name === name));
  return strangers.map((name) => `${name} is not documented`);
}

function objection(sent: Sent) {
  return ({ name, required, type, allowed, instead }: Field): string[] => {
    const value = sent[name];
    const others = instead.filter((other) => other in sent);
    if (value === undefined) return required && others.length === 0 ? [`${name} is missing`] : [];
    if (others.length > 0) return [`${name} must not come with ${others}`];
    const right = WRITTEN[type]?.(value) && (allowed?.includes(value) ?? true);
    return right ? [] : [`${name} is no ${type}: ${value}`];
  };
}
