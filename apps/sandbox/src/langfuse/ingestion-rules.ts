import { isObject, textAt, type JsonObject } from '../core/json.js';

/** One event of the old protocol that has the right outer form. */
export interface IngestionEvent {
  id: string;
  type: string;
  timestamp: string;
  body: JsonObject;
}

const OBSERVATIONS =
  /^(span|generation|event|agent|tool|chain|retriever|evaluator|embedding|guardrail|observation)-(create|update)$/;
const OTHERS = new Set(['trace-create', 'score-create', 'sdk-log']);
const LEVELS = new Set(['DEBUG', 'DEFAULT', 'WARNING', 'ERROR']);
const ENVIRONMENT = /^(?!langfuse)[a-z0-9_-]{1,40}$/;
const LONGEST_NAME = 1000;

export function isObservation(type: string): boolean {
  return OBSERVATIONS.test(type);
}

/** The event, or what is wrong with it. */
export function readEvent(event: unknown): IngestionEvent | string {
  const id = textAt(event, 'id');
  const type = textAt(event, 'type');
  const timestamp = textAt(event, 'timestamp');
  if (id === undefined) return 'id: required';
  if (type === undefined || !(isObservation(type) || OTHERS.has(type))) return 'type: invalid discriminator';
  if (timestamp === undefined || Number.isNaN(Date.parse(timestamp))) return 'timestamp: invalid datetime';
  const body = isObject(event) ? event['body'] : undefined;
  if (!isObject(body)) return 'body: required';
  const problem = type === 'sdk-log' ? undefined : bodyProblem(type, body);
  return problem ?? { id, type, timestamp, body };
}

function bodyProblem(type: string, body: JsonObject): string | undefined {
  const name = body['name'];
  if (typeof name === 'string' && name.length > LONGEST_NAME) return 'body.name: too long';
  const environment = textAt(body, 'environment');
  if (environment !== undefined && !ENVIRONMENT.test(environment)) return 'body.environment: invalid';
  const tags = body['tags'];
  if (Array.isArray(tags) && tags.some((tag) => typeof tag !== 'string'))
    return 'body.tags: expected string[]';
  return isObservation(type) ? observationProblem(body) : undefined;
}

function observationProblem(body: JsonObject): string | undefined {
  if (typeof body['id'] !== 'string') return 'body.id: required';
  const { level, modelParameters, promptName, promptVersion } = body;
  if (level !== undefined && level !== null && !LEVELS.has(level as string))
    return 'body.level: invalid enum value';
  if (isObject(modelParameters)) {
    const wrong = Object.entries(modelParameters).find(([, value]) => !isParameter(value));
    if (wrong !== undefined) return `body.modelParameters.${wrong[0]}: invalid input`;
  }
  if (((promptName ?? null) === null) !== ((promptVersion ?? null) === null))
    return 'body: promptName and promptVersion go together';
  for (const time of ['startTime', 'endTime', 'completionStartTime']) {
    const value = body[time];
    if (typeof value === 'string' && Number.isNaN(Date.parse(value))) return `body.${time}: invalid datetime`;
  }
  return usageProblem(body);
}

/** Only text, numbers, booleans, lists of text and flat objects of text are parameters. */
function isParameter(value: unknown): boolean {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true;
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string');
  return isObject(value) && Object.values(value).every((item) => typeof item === 'string');
}

function usageProblem(body: JsonObject): string | undefined {
  const counts = { ...objectOr(body['usage']), ...objectOr(body['usageDetails']) };
  for (const [name, value] of Object.entries(counts)) {
    const isText = name === 'unit' || /cost/i.test(name);
    if (isText || value === null || value === undefined) continue;
    if (typeof value !== 'number' || !Number.isInteger(value)) return `body.usage.${name}: expected integer`;
  }
  return undefined;
}

function objectOr(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
