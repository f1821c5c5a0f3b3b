import type { Frame } from '../core/player.js';
import type { Answer, ToolCall } from './compose-answer.js';
import type { Rendering, Said } from './rendering.js';

const STOP_REASONS = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' };

/** `/v1/messages`: Anthropic's shapes, with an `event:` line on every frame. */
export function renderMessages(said: Said): Rendering {
  const { answers, metering, model } = said;
  const [answer] = answers;
  const inputUsage = { cache_read_input_tokens: 0, input_tokens: metering.promptTokens };
  const message = (id: string) => ({ id, type: 'message', role: 'assistant', model: model.ownName });
  return {
    whole: (id) =>
      JSON.stringify({
        ...message(id),
        content: answer === undefined ? [] : blocksOf(answer),
        ...stopOf(answer),
        usage: { ...inputUsage, output_tokens: metering.completionTokens },
      }),
    frames: (id) => {
      const opening = { ...message(id), content: [], stop_reason: null, stop_sequence: null };
      const start = { message: { ...opening, usage: { ...inputUsage, output_tokens: 0 } } };
      const end = { delta: stopOf(answer), usage: { output_tokens: metering.completionTokens } };
      return [
        event('message_start', start),
        ...(answer === undefined ? [] : blockFrames(answer)),
        event('message_delta', end),
        event('message_stop', {}),
      ].values();
    },
  };
}

function stopOf(answer: Answer | undefined): object {
  const stoppedBy = answer?.stoppedBy ?? null;
  const reason = stoppedBy === null ? STOP_REASONS[answer?.finish ?? 'stop'] : 'stop_sequence';
  return { stop_reason: reason, stop_sequence: stoppedBy };
}

function blocksOf(answer: Answer): object[] {
  const { content, reasoning, toolCalls } = answer;
  return [
    ...(reasoning.length > 0 ? [{ type: 'thinking', thinking: reasoning.join(''), signature: '' }] : []),
    ...(content.length > 0 ? [{ type: 'text', text: content.join('') }] : []),
    ...toolCalls.map((call) => ({
      ...emptyCall(call),
      input: JSON.parse(call.fragments.join('')) as unknown,
    })),
  ];
}

function emptyCall(call: ToolCall): object {
  return { type: 'tool_use', id: call.id, name: call.name, input: {} };
}

function event(type: string, fields: object, tokens = 0): Frame {
  return { data: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`, tokens };
}

interface Block {
  opening: object;
  deltas: object[];
  /** A tool call's opening is a token of its own. */
  openingTokens: number;
}

function blockFrames(answer: Answer): Frame[] {
  const blocks: Block[] = answer.toolCalls.map((call) => ({
    opening: emptyCall(call),
    deltas: call.fragments.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    openingTokens: 1,
  }));
  if (answer.content.length > 0) {
    const deltas = answer.content.map((text) => ({ type: 'text_delta', text }));
    blocks.unshift({ opening: { type: 'text', text: '' }, deltas, openingTokens: 0 });
  }
  if (answer.reasoning.length > 0) {
    const deltas = answer.reasoning.map((thinking) => ({ type: 'thinking_delta', thinking }));
    blocks.unshift({ opening: { type: 'thinking', thinking: '' }, deltas, openingTokens: 0 });
  }
  return blocks.flatMap((block, index) => [
    event('content_block_start', { index, content_block: block.opening }, block.openingTokens),
    ...block.deltas.map((delta) => event('content_block_delta', { index, delta }, 1)),
    event('content_block_stop', { index }),
  ]);
}
