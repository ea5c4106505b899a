import { Ajv } from 'ajv';
import type { Drawn, Operation } from './document.ts';
import { type KnownError, knownErrors } from './known-errors.ts';
import { placeOf } from './places.ts';

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });

/** What is wrong with an answer: types, and names that nobody has documented. */
export function faultsOf(operation: Operation, answer: unknown, known = knownErrors): string[] {
  const validate = ajv.compile(strict(corrected(operation, known)));
  validate(answer);
  const faults = (validate.errors ?? []).map(({ instancePath, message, params }) =>
    `${placeOf(instancePath)} ${message} ${params.additionalProperty ?? ''}`.trim(),
  );
  return [...new Set(faults)];
}

/** The answer as drawn, with the known errors put right. */
export function corrected({ id, answer }: Operation, known = knownErrors): Drawn {
  const schema = structuredClone(answer);
  for (const error of known.filter(({ operationId }) => operationId === id)) correct(schema, error);
  return schema;
}

/** What is drawn at a place, if anything. */
export function drawnAt(schema: Drawn, where: string): Drawn | undefined {
  const { parent, name } = place(schema, where);
  return parent?.[name];
}

function correct(schema: Drawn, { where, really }: KnownError): void {
  const { parent, name } = place(schema, where);
  if (parent) parent[name] = typeof really === 'function' ? really(parent[name] ?? {}) : really;
}

/** The properties that a place's last name belongs to; none where its way there is not drawn. */
function place(schema: Drawn, where: string) {
  const names = where.split('.');
  const parent = names.slice(0, -1).reduce<Drawn | undefined>(inner, schema)?.properties;
  return { parent, name: names.at(-1) ?? '' };
}

function inner(drawn: Drawn | undefined, name: string): Drawn | undefined {
  if (name.endsWith('[]')) return drawn?.properties?.[name.slice(0, -2)]?.items;
  if (name.endsWith('{}')) return drawn?.properties?.[name.slice(0, -2)]?.properties?.$timestamp;
  return drawn?.properties?.[name];
}

function strict({ type, properties = {}, items }: Drawn): object {
  if (type === 'array') return { type, ...(items && { items: strict(items) }) };
  if (type !== 'object') return { type };
  const { $timestamp, ...named } = properties;
  return {
    type,
    properties: Object.fromEntries(Object.entries(named).map(([name, value]) => [name, strict(value)])),
    ...($timestamp && { patternProperties: { '^\\d+$': strict($timestamp) } }),
    additionalProperties: false,
  };
}
