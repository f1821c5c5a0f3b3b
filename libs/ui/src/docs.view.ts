import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { paths } from './paths.js';

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly spec: JsonObject;
}

const FIRST_TAGS = ['chat', 'completions', 'embeddings', 'models', 'audio', 'search'];

/** Every route, in groups: those of inference first. */
export function docsView(document: JsonObject, host: string): object {
  const groups = new Map<string, Operation[]>();
  for (const operation of operationsOf(document)) {
    const group = groups.get(operation.tag);
    if (group) group.push(operation);
    else groups.set(operation.tag, [operation]);
  }
  const others = [...groups.keys()].filter((tag) => !FIRST_TAGS.includes(tag)).sort();
  const tags = [...FIRST_TAGS.filter((tag) => groups.has(tag)), ...others];
  return {
    subtitle: `The OpenAI API at ${host}/v1, and everything else that this gateway answers`,
    download: { href: paths.apiDocument },
    groups: tags.map((tag) => ({
      title: tag,
      id: `tag-${tag}`,
      rows: (groups.get(tag) ?? []).map(({ id, method, path, spec }) => ({
        href: paths.apiOperation(id),
        method,
        path,
        who: textOf(spec['description']).replace(/\.$/, ''),
      })),
    })),
  };
}

/** One route with its parameters, its body and its answers; null where there is none of that name. */
export function operationView(document: JsonObject, id: string, host: string): object | null {
  const operation = operationsOf(document).find((one) => one.id === id);
  if (!operation) return null;
  const { method, path, spec } = operation;
  const bodies = bodiesOf(spec);
  return {
    heading: `${method} ${path}`,
    who: textOf(spec['description']),
    back: { href: paths.docs },
    parameters: listIn(spec['parameters']).map((parameter) => ({
      name: textOf(parameter['name']),
      where: parameter['in'] === 'path' ? 'path' : 'query',
      ...described(objectIn(parameter['schema']), parameter['required'] === true),
    })),
    bodies,
    answers: Object.entries(objectIn(spec['responses'])).map(([status, answer]) => ({
      status,
      meaning: textOf(objectIn(answer)['description']).replaceAll('`', ''),
    })),
    curl: curlOf(operation, host, bodies.length > 0),
  };
}

function operationsOf(document: JsonObject): Operation[] {
  return Object.entries(objectIn(document['paths'])).flatMap(([path, methods]) =>
    Object.entries(objectIn(methods)).map(([method, spec]) => {
      const operation = objectIn(spec);
      return {
        id: textOf(operation['operationId']),
        method: method.toUpperCase(),
        path,
        tag: textOf(Array.isArray(operation['tags']) ? operation['tags'][0] : 'other'),
        spec: operation,
      };
    }),
  );
}

function bodiesOf(spec: JsonObject) {
  const content = objectIn(objectIn(spec['requestBody'])['content']);
  return Object.entries(content).map(([type, media]) => {
    const schema = objectIn(objectIn(media)['schema']);
    const required = Array.isArray(schema['required']) ? schema['required'] : [];
    return {
      type,
      isOpen: schema['additionalProperties'] === true,
      fields: Object.entries(objectIn(schema['properties'])).map(([name, field]) => ({
        name,
        ...described(objectIn(field), required.includes(name)),
      })),
    };
  });
}

function described(schema: JsonObject, isRequired: boolean): { type: string; rule: string; need: string } {
  const said = withoutNull(schema);
  return { type: typeOf(said) || 'any value', rule: ruleOf(said), need: isRequired ? 'required' : '' };
}

/** Null stands for a field that is not sent: it goes without saying. */
function withoutNull(schema: JsonObject): JsonObject {
  const choices = listIn(schema['anyOf']);
  return choices.find((choice) => choice['type'] !== 'null') ?? schema;
}

function typeOf(schema: JsonObject): string {
  const { type } = schema;
  const names = (Array.isArray(type) ? type : [type]).filter((name) => name !== 'null').map(textOf);
  const name = names.filter((one) => one !== '').join(' or ');
  if (name === 'array') {
    const item = typeOf(objectIn(schema['items']));
    return item === '' ? 'list' : `list of ${item}`;
  }
  return name || (Array.isArray(schema['enum']) ? 'string' : '');
}

const RULES: readonly (readonly [string, string])[] = [
  ['minLength', 'at least # characters'],
  ['maxLength', 'at most # characters'],
  ['minimum', 'from #'],
  ['maximum', 'up to #'],
  ['minItems', 'at least # items'],
  ['maxItems', 'at most # items'],
];

function ruleOf(schema: JsonObject): string {
  const choices = Array.isArray(schema['enum']) ? [`one of ${schema['enum'].map(textOf).join(', ')}`] : [];
  const limits = RULES.flatMap(([name, words]) => {
    const value = schema[name];
    return typeof value === 'number' ? [words.replace('#', String(value))] : [];
  });
  const examples = Array.isArray(schema['examples'])
    ? [`such as ${schema['examples'].map(textOf).join(', ')}`]
    : [];
  return [...choices, ...limits, ...examples].join(', ');
}

function curlOf({ method, path }: Operation, host: string, hasBody: boolean): string {
  const verb = method === 'GET' ? '' : ` -X ${method}`;
  const body = hasBody ? ` \\\n  -H "Content-Type: application/json" \\\n  -d '{}'` : '';
  return `curl${verb} ${host}${path} \\\n  -H "Authorization: Bearer $KEY"${body}`;
}

const objectIn = (value: JsonValue | undefined): JsonObject =>
  isJsonObject(value ?? null) ? (value as JsonObject) : {};
const listIn = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter((item) => isJsonObject(item)) : [];
const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
