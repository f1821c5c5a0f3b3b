import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import { type GatewayRequest } from './caller.js';
import { BadRequestError } from './errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from './json.js';
import { readJson } from './read-json.js';

const MANAGEMENT_BODY_BYTES = 192 * 1024;
const SHOWN_NAME_LENGTH = 64;

/** A class whose properties carry class-validator decorators. */
export interface DtoClass<T extends object = object> {
  new (): T;
  /** Fields of the wire contract that this gateway refuses by name, unless they are empty. */
  readonly unsupported?: readonly string[];
}

/**
 * The JSON body of a management route, judged by `Dto`: `@ManagementBody(GenerateKeyDto) body: GenerateKeyDto`.
 * At most 192 KiB. @throws BadRequestError naming the first field that is wrong, and all that `readJson` throws
 */
export const ManagementBody = createParamDecorator(async (Dto: DtoClass, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<GatewayRequest>();
  const { object } = await readJson(request, MANAGEMENT_BODY_BYTES);
  return readDto(Dto, object);
});

/** Judges a parsed body; `null`, `""`, `[]`, `{}` and `false` are accepted for fields that `Dto` lacks. */
export function readDto<T extends object>(Dto: DtoClass<T>, body: JsonObject): T {
  refuseUnstorableText(body, '');
  const known = knownFields(Dto);
  const dto = new Dto();
  for (const [name, value] of Object.entries(body)) {
    if (known.has(name)) Object.assign(dto, { [name]: value });
    else if (name === '__proto__' || !isEmpty(value)) throw unknownField(Dto, name);
  }
  const [problem] = validateSync(dto, { stopAtFirstError: true, forbidUnknownValues: false });
  if (problem) throw new BadRequestError(`${sentence(problem)}.`, problem.property);
  return dto;
}

function unknownField(Dto: DtoClass, name: string): BadRequestError {
  const shown = name.slice(0, SHOWN_NAME_LENGTH);
  const reason = Dto.unsupported?.includes(name)
    ? `The field \`${shown}\` is not supported by this gateway.`
    : `Unknown field \`${shown}\`.`;
  return new BadRequestError(reason, shown);
}

const fieldsByClass = new WeakMap<DtoClass, ReadonlySet<string>>();

function knownFields(Dto: DtoClass): ReadonlySet<string> {
  let fields = fieldsByClass.get(Dto);
  if (!fields) {
    const rules = getMetadataStorage().getTargetValidationMetadatas(Dto, '', false, false);
    fields = new Set(rules.map((rule) => rule.propertyName));
    fieldsByClass.set(Dto, fields);
  }
  return fields;
}

function sentence(problem: ValidationError): string {
  const [message] = Object.values(problem.constraints ?? {});
  return message ?? `${problem.property} is not valid`;
}

function isEmpty(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === null || value === '' || value === false;
}

/** PostgreSQL stores neither U+0000 nor halves of surrogate pairs, in text or in jsonb. */
function refuseUnstorableText(value: JsonValue, field: string): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) throw unstorable(field);
  } else if (Array.isArray(value)) {
    for (const item of value) refuseUnstorableText(item, field);
  } else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      if (!isStorable(name)) throw unstorable(field);
      refuseUnstorableText(member, field === '' ? name : field);
    }
  }
}

const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

const unstorable = (field: string): BadRequestError =>
  new BadRequestError(
    'Text may contain neither NUL characters nor unpaired surrogates.',
    field === '' ? null : field.slice(0, SHOWN_NAME_LENGTH),
  );
