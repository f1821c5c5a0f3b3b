import { GATEWAY_VERSION, type JsonObject, propertiesOf, queryFieldsOf } from '@app/call';
import { type RouteEntry } from '../route-table.js';
import { answersOf, ERROR_SCHEMA } from './answers.js';
import { INFERENCE_BODIES } from './inference-bodies.js';
import { bodyClassOf } from './parameter-metadata.js';

/** The pages are for people. */
const PAGES = /^\/(?:ui|docs)(?:\/|$)/;
const PATH_PARAMETER = /[:*](\w+)/g;
/** `/engines/{model}/…` and the like say nothing that `/v1/…` does not say. */
const OTHER_NAME = /^\/(?:engines|openai\/deployments)\//;

const ACCESS: Readonly<Record<RouteEntry['access'], string>> = {
  public: 'For everybody.',
  inference: 'For any valid key.',
  self: 'For keys about what is their own; for administrators about everything.',
  admin: 'For administrators.',
};

/** Describes every route of the table as OpenAPI 3.1. */
export function openApiDocument(routes: readonly RouteEntry[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    if (PAGES.test(route.path) || OTHER_NAME.test(route.path)) continue;
    const path = route.path.replace(PATH_PARAMETER, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, path) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'LLM gateway',
      version: GATEWAY_VERSION,
      description:
        'OpenAI-compatible inference, keys, spend and models, on the wire contract of LiteLLM Proxy.',
    },
    security: [{ bearer: [] }],
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: ERROR_SCHEMA },
    },
    paths,
  };
}

function operationOf(route: RouteEntry, path: string): JsonObject {
  const { method, access } = route;
  const body = bodyOf(route, path);
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[^\w]+/g, '_').replace(/_$/, '')}`,
    tags: [tagOf(path)],
    description: ACCESS[access],
    ...(access === 'public' ? { security: [] } : {}),
    parameters: [...pathParameters(route.path), ...queryParameters(route)],
    ...(body ? { requestBody: { required: true, content: body } } : {}),
    responses: answersOf(route, body !== null),
  };
}

function bodyOf({ controller, handler }: RouteEntry, path: string): JsonObject | null {
  const Dto = bodyClassOf(controller, handler);
  if (Dto) {
    const schema = { type: 'object', properties: nullable(propertiesOf(Dto)), additionalProperties: false };
    return { 'application/json': { schema } };
  }
  return INFERENCE_BODIES.get(path.replace(/^\/v1\//, '/')) ?? null;
}

/** Null stands for a field that is not sent. */
function nullable(properties: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, { anyOf: [schema, { type: 'null' }] }]),
  );
}

function pathParameters(template: string): JsonObject[] {
  return [...template.matchAll(PATH_PARAMETER)].map(([, name]) => ({
    name: name ?? '',
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters({ controller, handler }: RouteEntry): JsonObject[] {
  const method = (controller.prototype as Record<string, object>)[handler];
  const Dto = method ? queryFieldsOf(method) : null;
  if (!Dto) return [];
  return Object.entries(propertiesOf(Dto)).map(([name, schema]) => ({ name, in: 'query', schema }));
}

function tagOf(path: string): string {
  const [first = '', second = ''] = path.slice(1).split('/');
  return /^v\d$/.test(first) ? second : first || 'gateway';
}
