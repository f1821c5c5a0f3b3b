import { type JsonObject, type JsonValue } from '@app/call';
import { protocolWire } from '@app/pipeline';
import { MESSAGES_PROTOCOL } from '@app/upstream';
import { type Dialect, type DialogueSetup, type FoundText } from './dialogue.js';
import { EventDialogue, type TurnsSoFar } from './event-dialogue.js';
import { listOf, objectsOf, textIn } from './list-of.js';
import { MessagesTurn } from './messages-turn.js';
import { resultBlock } from './server-blocks.js';
import { without } from './without.js';

/** Anthropic's messages. */
export const MESSAGES_DIALECT: Dialect = {
  tool: (name, description, parameters) => ({ name, description, input_schema: parameters }),
  choice: (name) => ({ type: 'tool', name }),
  begin: (setup) => new MessagesDialogue(setup),
  plainWire: (extras) => protocolWire(MESSAGES_PROTOCOL, extras),
};

class MessagesDialogue extends EventDialogue<MessagesTurn> {
  #messages: readonly JsonValue[];
  #searchCount = 0;

  constructor(setup: DialogueSetup) {
    super(MESSAGES_PROTOCOL, setup);
    this.#messages = listOf(setup.body['messages']).map(withoutServerBlocks);
  }

  body(): JsonObject {
    return { ...this.setup.body, messages: [...this.#messages] };
  }

  protected next(soFar: TurnsSoFar<MessagesTurn>): MessagesTurn {
    return new MessagesTurn({ ...soFar, searchCount: this.#searchCount });
  }

  protected tell(said: readonly JsonObject[], results: readonly FoundText[]): void {
    const told = results.map(({ call, text, isFailed }) => ({
      type: 'tool_result',
      tool_use_id: call.id,
      content: text,
      ...(isFailed ? { is_error: true } : {}),
    }));
    this.#messages = [
      ...this.#messages,
      { role: 'assistant', content: [...said] },
      { role: 'user', content: told },
    ];
    this.#searchCount += results.length;
  }

  protected ended(result: FoundText): JsonObject {
    return resultBlock(result);
  }
}

/** What was searched for an earlier answer is told in words: no other server knows these blocks. */
function withoutServerBlocks(message: JsonValue): JsonValue {
  if (message === null || typeof message !== 'object' || Array.isArray(message)) return message;
  if (message['role'] !== 'assistant' || !Array.isArray(message['content'])) return message;
  const blocks = objectsOf(message['content']);
  if (!blocks.some(({ type }) => type === 'server_tool_use' || type === 'web_search_tool_result'))
    return message;
  const content = blocks.flatMap((block): JsonObject[] => {
    if (block['type'] === 'server_tool_use') return [];
    if (block['type'] === 'web_search_tool_result') return [{ type: 'text', text: listed(block['content']) }];
    return [block['type'] === 'text' ? without(block, ['citations']) : block];
  });
  return { ...message, content };
}

function listed(results: JsonValue | undefined): string {
  const lines = objectsOf(results).map(({ title, url }) => `- ${textIn(title)}: ${textIn(url)}`);
  return lines.length === 0 ? 'A search found nothing.' : `A search found:\n${lines.join('\n')}`;
}
