import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { partAnnotationsFor } from './citations.js';
import { type ToolCall } from './dialogue.js';
import { type EventTurn, type TurnsSoFar } from './event-dialogue.js';
import { HeldText } from './held-text.js';
import { objectsOf, textIn } from './list-of.js';
import { searchItem } from './search-item.js';

interface ResponsesContext extends TurnsSoFar<Pick<ResponsesTurn, 'identity' | 'sequence'>> {
  /** As the client sent them. */
  readonly tools: JsonValue;
}

/** One response of the model while it passes: searches are shown as OpenAI's own, all turns as one response. */
export class ResponsesTurn implements EventTurn {
  /** `id` and `created_at` of the first turn. */
  identity: JsonObject | null;
  /** The number of the next event. */
  sequence: number;
  /** What the model said, in its own words, by where it said it. */
  readonly #items = new Map<number, JsonObject>();
  /** Where the client sees an item; null where it does not. */
  readonly #places = new Map<number, number | null>();
  readonly #held = new HeldText();
  #nextPlace: number;

  constructor(private readonly context: ResponsesContext) {
    this.identity = context.before?.identity ?? null;
    this.sequence = context.before?.sequence ?? 0;
    this.#nextPlace = context.shown.length;
  }

  get said(): readonly JsonObject[] {
    return [...this.#items.values()];
  }

  get searches(): readonly ToolCall[] {
    const calls = this.said.filter(({ type }) => type === 'function_call');
    if (!calls.every((call) => this.#isSearch(call))) return [];
    return calls.map(({ call_id: id, name, arguments: text }) => ({
      id: textIn(id),
      name: textIn(name),
      arguments: textIn(text),
    }));
  }

  /** But for its searches: those come with their results. */
  get shown(): readonly JsonObject[] {
    return this.said.filter((item) => !this.#isSearch(item)).map((item) => this.#annotated(item));
  }

  isToContinue(): boolean {
    return this.searches.length > 0;
  }

  whole(answer: JsonObject): JsonObject | null {
    objectsOf(answer['output']).forEach((item, place) => this.#items.set(place, item));
    return this.isToContinue() ? null : this.#finished(answer);
  }

  event(event: JsonObject): readonly JsonObject[] {
    const shown = this.#eventsFor(event);
    return shown.map((one) => {
      const number = this.sequence++;
      return one['sequence_number'] === number || !('sequence_number' in event)
        ? one
        : { ...one, sequence_number: number };
    });
  }

  #eventsFor(event: JsonObject): readonly JsonObject[] {
    const { response } = event;
    switch (event['type']) {
      case 'response.created':
        if (this.context.before) return this.#searchesEnded();
        if (isJsonObject(response))
          this.identity = { id: response['id'] ?? '', created_at: response['created_at'] ?? 0 };
        return [event];
      case 'response.queued':
      case 'response.in_progress':
        return this.context.before ? [] : [event];
      case 'response.completed':
      case 'response.incomplete':
        return this.isToContinue() ? this.#searchesBegun() : [this.#last(event)];
      default:
        return typeof event['output_index'] === 'number'
          ? this.#placed(event, event['output_index'])
          : [event];
    }
  }

  #placed(event: JsonObject, at: number): readonly JsonObject[] {
    const { type, item } = event;
    if (type === 'response.output_item.added' && isJsonObject(item)) {
      this.#held.begin();
      this.#places.set(at, this.#isSearch(item) ? null : this.#nextPlace++);
    }
    if (type === 'response.output_item.done' && isJsonObject(item)) {
      this.#held.add(JSON.stringify(item).length);
      this.#items.set(at, item);
    }
    const place = this.#places.get(at) ?? null;
    if (place === null) return [];
    const moved = place === at ? event : { ...event, output_index: place };
    if (type === 'response.content_part.done') return this.#partDone(moved);
    if (type !== 'response.output_item.done' || !isJsonObject(item)) return [moved];
    const annotated = this.#annotated(item);
    return [annotated === item ? moved : { ...moved, item: annotated }];
  }

  /** A text names its sources when it is complete. */
  #partDone(event: JsonObject): readonly JsonObject[] {
    const { part, item_id, output_index, content_index } = event;
    const annotated = isJsonObject(part) ? this.#annotatedPart(part) : part;
    if (annotated === part || !isJsonObject(annotated)) return [event];
    const added = objectsOf(annotated['annotations']).map((annotation, annotation_index) => ({
      type: 'response.output_text.annotation.added',
      ...defined({ item_id, output_index, content_index }),
      annotation_index,
      annotation,
    }));
    return [...added, { ...event, part: annotated }];
  }

  #searchesBegun(): readonly JsonObject[] {
    return this.searches.flatMap((call) => {
      const item = searchItem(call, 'in_progress');
      const output_index = this.#nextPlace++;
      const place = { item_id: item['id'] ?? '', output_index };
      return [
        { type: 'response.output_item.added', output_index, item },
        { type: 'response.web_search_call.in_progress', ...place },
        { type: 'response.web_search_call.searching', ...place },
      ];
    });
  }

  #searchesEnded(): readonly JsonObject[] {
    const { pending, shown } = this.context;
    return pending.flatMap((item, index) => {
      const output_index = shown.length - pending.length + index;
      return [
        { type: 'response.web_search_call.completed', item_id: item['id'] ?? '', output_index },
        { type: 'response.output_item.done', output_index, item },
      ];
    });
  }

  #last(event: JsonObject): JsonObject {
    const { response } = event;
    if (!isJsonObject(response)) return event;
    const finished = this.#finished(response);
    return finished === response ? event : { ...event, response: finished };
  }

  #finished(response: JsonObject): JsonObject {
    const items = this.shown;
    if (!this.context.before && items.length === this.#items.size && this.context.hits.length === 0)
      return response;
    const tools = 'tools' in response ? { tools: this.context.tools } : {};
    return { ...response, ...this.identity, ...tools, output: [...this.context.shown, ...items] };
  }

  #isSearch({ type, name }: JsonObject): boolean {
    return type === 'function_call' && typeof name === 'string' && this.context.searches.has(name);
  }

  #annotated(item: JsonObject): JsonObject {
    if (item['type'] !== 'message' || this.context.hits.length === 0) return item;
    return { ...item, content: objectsOf(item['content']).map((part) => this.#annotatedPart(part)) };
  }

  #annotatedPart(part: JsonObject): JsonObject {
    if (part['type'] !== 'output_text') return part;
    const annotations = partAnnotationsFor(textIn(part['text']), this.context.hits);
    return annotations.length === 0 ? part : { ...part, annotations };
  }
}

const defined = (members: Readonly<Record<string, JsonValue | undefined>>): JsonObject =>
  Object.fromEntries(
    Object.entries(members).filter((member): member is [string, JsonValue] => member[1] !== undefined),
  );
