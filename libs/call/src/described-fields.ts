import { getMetadataStorage } from 'class-validator';
import { isJsonObject, type JsonObject, type JsonValue } from './json.js';
import { type DtoClass } from './management-body.js';

const DESCRIBED = Symbol('fields of the query');

/** Names the class whose fields a route takes in its query, for the description of the API. */
export const QueryFields =
  (Dto: DtoClass): MethodDecorator =>
  (_target, _name, descriptor) => {
    Reflect.defineMetadata(DESCRIBED, Dto, descriptor.value as object);
  };

/** The class that {@link QueryFields} named for a handler. */
export function queryFieldsOf(handler: object): DtoClass | null {
  return (Reflect.getMetadata(DESCRIBED, handler) as DtoClass | undefined) ?? null;
}

/** The fields of a class with decorators of class-validator, as the properties of a JSON Schema. */
export function propertiesOf(Dto: DtoClass): JsonObject {
  const rules = getMetadataStorage().getTargetValidationMetadatas(Dto, '', false, false);
  const properties: Record<string, JsonObject> = {};
  for (const { propertyName, constraints, name } of rules) {
    const known: JsonObject = properties[propertyName] ?? {};
    const schema = (constraints as JsonValue[] | undefined)?.find(isSchema) ?? BY_RULE[name ?? ''];
    properties[propertyName] = schema ? { ...known, ...schema } : known;
  }
  return properties;
}

/** Rules of other libs that carry no schema of their own. */
const BY_RULE: Readonly<Record<string, JsonObject>> = { count: { type: 'integer', minimum: 0 } };

const isSchema = (value: JsonValue): value is JsonObject =>
  isJsonObject(value) && ('type' in value || 'enum' in value);
