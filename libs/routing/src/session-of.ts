import { type Call, isJsonObject } from '@app/call';

const MAX_OPENING = 4_096;

/**
 * What calls of one conversation have in common: the session they name, else, where `byOpening` is set, how the
 * conversation began. Sessions of two keys are never the same.
 */
export function sessionOf(call: Call, byOpening: boolean): string | null {
  const named = call.wishes?.session ?? null;
  if (named !== null) return `${call.caller.keyHash}\n${named}`;
  if (!byOpening) return null;
  const { messages } = call.body.object;
  if (!Array.isArray(messages)) return null;
  const end = messages.findIndex((message) => isJsonObject(message) && message['role'] === 'user');
  const opening = JSON.stringify(messages.slice(0, end + 1));
  return `${call.caller.keyHash}\n${opening.slice(0, MAX_OPENING)}`;
}
