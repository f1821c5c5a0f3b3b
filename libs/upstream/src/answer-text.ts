import { type AnswerContent, isJsonObject, type JsonObject, type JsonValue } from '@app/call';

/** What of one answer is kept at most; a reader of traces has seen enough by then. */
const MAX_CHARACTERS = 256 * 1024;
const CUT = ' … [cut]';

interface Choice {
  readonly isText: boolean;
  readonly texts: Map<string, string[]>;
  readonly calls: Map<number, { id: JsonValue; name: string; readonly pieces: string[] }>;
  finishReason: JsonValue;
}

/** The words of one answer, for telemetry. Holds pieces while they pass; they are joined when somebody reads. */
export class AnswerText implements AnswerContent {
  length = 0;
  #whole: JsonValue = null;
  readonly #choices = new Map<number, Choice>();

  /** The `choices` of an answer that came in one piece. */
  sawWhole(choices: JsonValue | undefined, characters = 0): void {
    this.#whole = choices ?? null;
    this.length += characters;
  }

  /** The `choices` of one chunk of a stream. */
  sawChunk(choices: JsonValue | undefined): void {
    if (!Array.isArray(choices)) return;
    for (const part of choices) if (isJsonObject(part)) this.#add(part);
  }

  choices(): JsonValue {
    if (this.#whole !== null) return this.#whole;
    return [...this.#choices].sort(([a], [b]) => a - b).map(([index, choice]) => joined(index, choice));
  }

  #add(part: JsonObject): void {
    const { delta, finish_reason: finishReason, index, text } = part;
    const choice = this.#choice(typeof index === 'number' ? index : 0, !isJsonObject(delta));
    if (finishReason !== undefined && finishReason !== null) choice.finishReason = finishReason;
    if (!isJsonObject(delta)) {
      this.#keep(piecesOf(choice, 'text'), text);
      return;
    }
    this.#keep(piecesOf(choice, 'content'), delta['content']);
    this.#keep(piecesOf(choice, 'reasoning_content'), delta['reasoning_content'] ?? delta['reasoning']);
    this.#keep(piecesOf(choice, 'refusal'), delta['refusal']);
    if (Array.isArray(delta['tool_calls'])) this.#addCalls(choice, delta['tool_calls']);
  }

  #addCalls({ calls }: Choice, parts: readonly JsonValue[]): void {
    parts.forEach((part, position) => {
      if (!isJsonObject(part)) return;
      const index = typeof part['index'] === 'number' ? part['index'] : position;
      let call = calls.get(index);
      if (!call) calls.set(index, (call = { id: part['id'] ?? null, name: '', pieces: [] }));
      const called = part['function'];
      if (!isJsonObject(called)) return;
      if (typeof called['name'] === 'string') call.name += called['name'];
      this.#keep(call.pieces, called['arguments']);
    });
  }

  #keep(pieces: string[], text: JsonValue | undefined): void {
    if (typeof text !== 'string' || text === '' || this.length >= MAX_CHARACTERS) return;
    this.length += text.length;
    pieces.push(this.length < MAX_CHARACTERS ? text : CUT);
  }

  #choice(index: number, isText: boolean): Choice {
    let choice = this.#choices.get(index);
    if (!choice)
      this.#choices.set(index, (choice = { isText, texts: new Map(), calls: new Map(), finishReason: null }));
    return choice;
  }
}

function piecesOf({ texts }: Choice, name: string): string[] {
  let pieces = texts.get(name);
  if (!pieces) texts.set(name, (pieces = []));
  return pieces;
}

function joined(index: number, { isText, texts, calls, finishReason }: Choice): JsonObject {
  const of = (name: string): string => (texts.get(name) ?? []).join('');
  if (isText) return { index, text: of('text'), finish_reason: finishReason };
  const message: JsonObject = { role: 'assistant', content: of('content') };
  for (const name of ['reasoning_content', 'refusal']) {
    const text = of(name);
    if (text !== '') message[name] = text;
  }
  if (calls.size > 0) {
    message['tool_calls'] = [...calls.values()].map(({ id, name, pieces }) => ({
      id,
      type: 'function',
      function: { name, arguments: pieces.join('') },
    }));
  }
  return { index, message, finish_reason: finishReason };
}
