import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { type AnswerReader } from '@app/pipeline';
import { annotationsFor } from './citations.js';
import { type ToolCall } from './dialogue.js';
import { HeldText } from './held-text.js';
import { textIn } from './list-of.js';
import { type SearchHit } from './search-query.js';
import { without } from './without.js';

interface Growing {
  id: string;
  name: string;
  arguments: string;
}

export interface TurnContext {
  /** Functions that the gateway runs itself. */
  readonly searches: ReadonlySet<string>;
  /** What earlier turns found. */
  readonly hits: readonly SearchHit[];
  /** Identity of the answer's chunks so far; null in the first turn. */
  readonly identity: JsonObject | null;
}

/**
 * One answer of the model while it passes: calls of our search stay here, everything else is the client's. An
 * answer that only asks for searches is no end: the model speaks again with their results.
 */
export class ModelTurn implements AnswerReader {
  /** `id` and `created` of the answer, for the chunks of later turns. */
  identity: JsonObject | null;
  #content = '';
  #isFirst = true;
  readonly #calls = new Map<number, Growing>();
  readonly #held = new HeldText();

  constructor(private readonly context: TurnContext) {
    this.identity = context.identity;
  }

  /** Text that the client has seen of this turn. */
  get content(): string {
    return this.#content;
  }

  /** The searches that the model asks for, where it asks for nothing else. */
  get searches(): readonly ToolCall[] {
    const calls = [...this.#calls.values()];
    return calls.every(({ name }) => this.context.searches.has(name)) ? calls : [];
  }

  isToContinue(): boolean {
    return this.searches.length > 0;
  }

  /** Reads a whole answer; returns what the client gets, or null where the answer is for us alone. */
  whole(answer: JsonObject): JsonObject | null {
    const { choices } = answer;
    const [choice, ...more] = Array.isArray(choices) ? choices : [];
    const message = isJsonObject(choice) ? choice['message'] : null;
    if (!isJsonObject(choice) || !isJsonObject(message)) return answer;
    if (typeof message['content'] === 'string') this.#content = message['content'];
    const calls = Array.isArray(message['tool_calls']) ? message['tool_calls'] : [];
    calls.forEach((call, index) => this.#grow(index, call));
    if (this.searches.length > 0) return null;
    const own = calls.filter((call) => !this.#isSearch(call));
    const annotations = annotationsFor(this.#content, this.context.hits);
    if (own.length === calls.length && annotations.length === 0) return answer;
    const shown = {
      ...message,
      ...(calls.length > 0 ? { tool_calls: own } : {}),
      ...(annotations.length > 0 ? { annotations } : {}),
    };
    return { ...answer, choices: [{ ...choice, message: shown }, ...more] };
  }

  /** Reads a chunk of a streamed answer; returns what the client gets of it. */
  chunk(chunk: JsonObject): JsonObject | null {
    this.identity ??= { id: chunk['id'] ?? '', created: chunk['created'] ?? 0 };
    const { choices } = chunk;
    const [choice] = Array.isArray(choices) ? choices : [];
    if (!isJsonObject(choice)) return this.searches.length > 0 ? null : this.#named(chunk, chunk);
    const shown = this.#shownChoice(choice);
    if (shown === null) return null;
    return this.#named(chunk, shown === choice ? chunk : { ...chunk, choices: [shown] });
  }

  #shownChoice(choice: JsonObject): JsonObject | null {
    const delta = isJsonObject(choice['delta']) ? choice['delta'] : {};
    const finish = choice['finish_reason'] ?? null;
    const isGreeting = this.#isFirst && this.context.identity !== null;
    this.#isFirst = false;
    if (typeof delta['content'] === 'string') {
      this.#held.add(delta['content'].length);
      this.#content += delta['content'];
    }
    let shown: JsonObject = this.#withoutSearches(delta);
    if (isGreeting && 'role' in shown) shown = without(shown, ['role']);
    if (finish !== null && this.searches.length > 0)
      return isEmpty(shown) ? null : { ...choice, delta: shown, finish_reason: null };
    const annotations = finish === null ? [] : annotationsFor(this.#content, this.context.hits);
    if (annotations.length > 0) shown = { ...shown, annotations };
    if (shown === delta) return choice;
    return finish === null && isEmpty(shown) ? null : { ...choice, delta: shown };
  }

  /** Calls of the client's own tools are counted from 0, as if ours were not there. */
  #withoutSearches(delta: JsonObject): JsonObject {
    const calls = delta['tool_calls'];
    if (!Array.isArray(calls)) return delta;
    const shown: JsonObject[] = [];
    calls.forEach((call, position) => {
      if (!isJsonObject(call)) return;
      const index = typeof call['index'] === 'number' ? call['index'] : position;
      this.#grow(index, call);
      const { name } = this.#calls.get(index) ?? { name: '' };
      if (this.context.searches.has(name)) return;
      shown.push({ ...call, index: this.#ownIndex(index) });
    });
    if (shown.length === 0) return without(delta, ['tool_calls']);
    const isUnchanged = shown.length === calls.length && this.#searchCount() === 0;
    return isUnchanged ? delta : { ...delta, tool_calls: shown };
  }

  #ownIndex(index: number): number {
    const before = [...this.#calls].filter(
      ([at, { name }]) => at < index && !this.context.searches.has(name),
    );
    return before.length;
  }

  #searchCount(): number {
    return [...this.#calls.values()].filter(({ name }) => this.context.searches.has(name)).length;
  }

  #grow(index: number, call: JsonValue): void {
    if (!isJsonObject(call)) return;
    let known = this.#calls.get(index);
    if (!known) {
      this.#held.begin();
      this.#calls.set(index, (known = { id: '', name: '', arguments: '' }));
    }
    const called = isJsonObject(call['function']) ? call['function'] : {};
    if (typeof call['id'] === 'string' && call['id'] !== '') known.id = call['id'];
    if (typeof called['name'] === 'string') known.name += called['name'];
    if (typeof called['arguments'] === 'string') known.arguments += called['arguments'];
    this.#held.add(textIn(called['name']).length + textIn(called['arguments']).length);
  }

  #isSearch(call: JsonValue): boolean {
    const called = isJsonObject(call) ? call['function'] : null;
    const name = isJsonObject(called) ? called['name'] : null;
    return typeof name === 'string' && this.context.searches.has(name);
  }

  /** All turns are one answer to the client. */
  #named(chunk: JsonObject, shown: JsonObject): JsonObject {
    if (this.context.identity === null) return shown;
    return { ...(shown === chunk ? { ...chunk } : shown), ...this.context.identity };
  }
}

const isEmpty = (delta: JsonObject): boolean =>
  Object.values(delta).every((value) => value === null || value === '');
