import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** As the document draws an answer; a key `$timestamp` stands for any time. */
export interface Drawn {
  type?: string | string[];
  format?: string;
  properties?: Record<string, Drawn>;
  required?: string[];
  items?: Drawn;
  description?: string;
  enum?: string[];
  $ref?: string;
}

/** One parameter of a request. */
export interface Field {
  name: string;
  required: boolean;
  type: string;
  allowed: string[] | undefined;
  /** Parameters it must not come with; one of them takes its place. */
  instead: string[];
}

export interface Operation {
  id: string;
  path: string;
  action: string;
  /** The ways to ask: any one of them will do. */
  forms: Field[][];
  /** What `data_fields` may name. */
  dataFields: string[];
  answer: Drawn;
}

interface Parameter {
  name: string;
  required: boolean;
  description: string;
  format?: string;
  schema: { type: string };
}

interface DrawnOperation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: {
    content: Record<string, { schema: { discriminator: { mapping: Record<string, string> } } }>;
  };
  responses: { 200: { content?: { 'application/json': { schema: Drawn } } } };
}

interface OpenApi {
  paths: Record<string, Record<string, DrawnOperation>>;
  components: { schemas: Record<string, Drawn> };
}

const document: OpenApi = parse(readFileSync(process.env.WITHINGS_OPENAPI ?? '', 'utf8'));

/** For what only its own writing shows. */
export const documentText = JSON.stringify(document);

/** Paths are trimmed: spaces around them tell the actions of one path apart. */
export const operations: Operation[] = Object.entries(document.paths).flatMap(([url, methods]) =>
  Object.values(methods).map((drawn) => readOperation(new URL(url.trim()).pathname, drawn)),
);

export function operation(id: string): Operation {
  const found = operations.find((each) => each.id === id);
  if (!found) throw new Error(`The document has no operation ${id}.`);
  return found;
}

function readOperation(path: string, drawn: DrawnOperation): Operation {
  const { operationId: id, parameters = [], requestBody, responses } = drawn;
  const forms = requestBody
    ? readBodies(requestBody)
    : [{ fields: parameters.map(readParameter), parameters }];
  const described = (name: string) =>
    forms[0]?.parameters.find((parameter) => parameter.name === name)?.description ?? '';
  return {
    id,
    path,
    action: /string value ```(\w+)```/.exec(described('action'))?.[1] ?? '',
    forms: forms.map(({ fields }) => fields),
    dataFields: [...described('data_fields').matchAll(/<br>(\w+)<br>>/g)].map(([, name]) => name ?? ''),
    answer: resolve(responses[200].content?.['application/json'].schema ?? {}),
  };
}

function readParameter({ name, required, description, format, schema }: Parameter): Field {
  const instead = /DO NOT USE WITH FOLLOWING PARAMS: \[(.*?)\]/.exec(description)?.[1]?.split(', ') ?? [];
  // The access token travels in this header.
  const named = instead.map((other) => (other === 'access_token' ? 'Authorization' : other));
  const type = format === 'Y-m-d' ? format : schema.type;
  return { name, required, type, allowed: undefined, instead: named };
}

/** With the secret or signed, and for each grant: all of them drawn apart. */
function readBodies({ content }: NonNullable<DrawnOperation['requestBody']>) {
  const bodies = Object.values(content).flatMap(({ schema }) => Object.values(schema.discriminator.mapping));
  return bodies.map(($ref) => {
    const { properties = {}, required = [] } = resolve({ $ref });
    const parameters = Object.entries(properties).map(([name, drawn]) => ({
      name,
      description: drawn.description ?? '',
      field: {
        name,
        required: required.includes(name),
        type: String(drawn.type),
        allowed: drawn.enum,
        instead: [],
      },
    }));
    return { fields: parameters.map(({ field }) => field), parameters };
  });
}

/** With every `$ref` put in its place. */
function resolve(drawn: Drawn): Drawn {
  if (drawn.$ref) return resolve(document.components.schemas[drawn.$ref.split('/').at(-1) ?? ''] ?? {});
  const properties = Object.entries(drawn.properties ?? {});
  return {
    ...drawn,
    ...(drawn.properties && {
      properties: Object.fromEntries(properties.map(([name, inner]) => [name, resolve(inner)])),
    }),
    ...(drawn.items && { items: resolve(drawn.items) }),
  };
}
