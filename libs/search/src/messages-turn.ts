import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { citationsFor } from './citations.js';
import { type ToolCall } from './dialogue.js';
import { type EventTurn, type TurnsSoFar } from './event-dialogue.js';
import { HeldText } from './held-text.js';
import { objectsOf, textIn } from './list-of.js';
import { searchBlock } from './server-blocks.js';

interface MessagesContext extends TurnsSoFar<unknown> {
  /** Of all turns before. */
  readonly searchCount: number;
}

/** A block of the answer while it grows. */
interface Growing {
  readonly block: JsonObject;
  /** Where the client sees it; null where it does not. */
  readonly index: number | null;
  /** Arguments of a call, as text. */
  json: string;
}

/** One message of the model while it passes: searches are shown as the server's own, all turns as one message. */
export class MessagesTurn implements EventTurn {
  readonly #blocks = new Map<number, Growing>();
  readonly #held = new HeldText();
  #nextIndex: number;

  constructor(private readonly context: MessagesContext) {
    this.#nextIndex = context.shown.length - context.pending.length;
  }

  get searches(): readonly ToolCall[] {
    const calls = this.said.filter(({ type }) => type === 'tool_use');
    if (!calls.every((call) => this.#isSearch(call))) return [];
    return calls.map(({ id, name, input }) => ({
      id: textIn(id),
      name: textIn(name),
      arguments: JSON.stringify(input ?? {}),
    }));
  }

  get said(): readonly JsonObject[] {
    return [...this.#blocks.values()].map(({ block, json }) =>
      block['type'] === 'tool_use' && json !== '' ? { ...block, input: parsed(json) } : block,
    );
  }

  get shown(): readonly JsonObject[] {
    const own = this.said.filter((block) => !this.#isSearch(block));
    return [...own, ...this.searches.map(({ id, arguments: text }) => searchBlock(id, text))];
  }

  isToContinue(): boolean {
    return this.searches.length > 0;
  }

  whole(answer: JsonObject): JsonObject | null {
    objectsOf(answer['content']).forEach((block, index) =>
      this.#blocks.set(index, { block, index, json: '' }),
    );
    if (this.isToContinue()) return null;
    const own = this.shown;
    if (this.context.before === null && own.length === this.#blocks.size) return answer;
    const content = [...this.context.shown, ...own.map((block) => this.#cited(block))];
    return this.#counted({ ...answer, content });
  }

  event(event: JsonObject): readonly JsonObject[] {
    switch (event['type']) {
      case 'message_start':
        return this.context.before === null ? [event] : this.#shownAtOnce(this.context.pending);
      case 'content_block_start':
        return this.#started(event);
      case 'content_block_delta':
        return this.#grown(event);
      case 'content_block_stop':
        return this.#stopped(event);
      case 'message_delta':
        return this.isToContinue() ? [] : [this.#counted(event)];
      case 'message_stop':
        return this.isToContinue()
          ? this.#shownAtOnce(this.shown.filter(({ type }) => type === 'server_tool_use'))
          : [event];
      default:
        return [event];
    }
  }

  #started(event: JsonObject): readonly JsonObject[] {
    const block = isJsonObject(event['content_block']) ? event['content_block'] : {};
    const index = this.#isSearch(block) ? null : this.#nextIndex++;
    this.#held.begin();
    this.#blocks.set(placeOf(event), { block: { ...block }, index, json: '' });
    return placed(event, index);
  }

  #grown(event: JsonObject): readonly JsonObject[] {
    const growing = this.#blocks.get(placeOf(event));
    const delta = isJsonObject(event['delta']) ? event['delta'] : {};
    if (!growing) return [event];
    growing.json += textIn(delta['partial_json']);
    this.#held.add(textIn(delta['partial_json']).length);
    for (const name of ['text', 'thinking', 'signature']) {
      if (typeof delta[name] !== 'string') continue;
      this.#held.add(delta[name].length);
      growing.block[name] = textIn(growing.block[name]) + delta[name];
    }
    return placed(event, growing.index);
  }

  #stopped(event: JsonObject): readonly JsonObject[] {
    const growing = this.#blocks.get(placeOf(event));
    if (!growing) return [event];
    const { index, block } = growing;
    const citations = block['type'] === 'text' ? citationsFor(textIn(block['text']), this.context.hits) : [];
    const deltas = citations.map((citation) => ({
      type: 'content_block_delta',
      index,
      delta: { type: 'citations_delta', citation },
    }));
    return [...deltas, ...placed(event, index)];
  }

  /** Whole blocks, as the events that a client reads. */
  #shownAtOnce(blocks: readonly JsonObject[]): JsonObject[] {
    return blocks.flatMap((block) => {
      const index = this.#nextIndex++;
      const isCall = block['type'] === 'server_tool_use';
      const started = isCall ? { ...block, input: {} } : block;
      const delta = { type: 'input_json_delta', partial_json: JSON.stringify(block['input'] ?? {}) };
      return [
        { type: 'content_block_start', index, content_block: started },
        ...(isCall ? [{ type: 'content_block_delta', index, delta }] : []),
        { type: 'content_block_stop', index },
      ];
    });
  }

  #isSearch({ type, name }: JsonObject): boolean {
    return type === 'tool_use' && typeof name === 'string' && this.context.searches.has(name);
  }

  #cited(block: JsonObject): JsonObject {
    const citations = block['type'] === 'text' ? citationsFor(textIn(block['text']), this.context.hits) : [];
    return citations.length === 0 ? block : { ...block, citations };
  }

  #counted(holder: JsonObject): JsonObject {
    const { searchCount } = this.context;
    if (searchCount === 0 || !isJsonObject(holder['usage'])) return holder;
    return {
      ...holder,
      usage: { ...holder['usage'], server_tool_use: { web_search_requests: searchCount } },
    };
  }
}

const placeOf = ({ index }: JsonObject): number => (typeof index === 'number' ? index : 0);

function placed(event: JsonObject, index: number | null): readonly JsonObject[] {
  if (index === null) return [];
  return [index === event['index'] ? event : { ...event, index }];
}

function parsed(json: string): JsonValue {
  try {
    return JSON.parse(json) as JsonValue;
  } catch {
    return {};
  }
}
