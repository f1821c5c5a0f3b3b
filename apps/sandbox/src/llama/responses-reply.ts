import type { Frame } from '../core/player.js';
import type { Answer } from './compose-answer.js';
import type { Rendering, Said } from './rendering.js';

/** `/v1/responses`: OpenAI's items, with an `event:` line on every frame and no `[DONE]`. */
export function renderResponses(said: Said): Rendering {
  const { answers, metering } = said;
  const answer = answers[0] ?? NOTHING_SAID;
  const usage = {
    input_tokens: metering.promptTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: metering.completionTokens,
    output_tokens_details: { reasoning_tokens: answer.reasoning.length },
    total_tokens: metering.promptTokens + metering.completionTokens,
  };
  const envelope = (id: string, created: number) => ({
    id: `resp_${id}`,
    object: 'response',
    created_at: created,
    model: said.model.ownName,
    parallel_tool_calls: true,
    tools: [],
    tool_choice: 'auto',
    error: null,
  });
  const finished = (id: string, created: number) => ({
    ...envelope(id, created),
    ...statusOf(answer),
    output: itemsOf(answer, id).map((item) => item.whole),
    usage,
  });
  return {
    whole: (id, created) => JSON.stringify(finished(id, created)),
    frames: (id, created) => {
      const begun = { ...envelope(id, created), status: 'in_progress', output: [], usage: null };
      const end = answer.finish === 'length' ? 'response.incomplete' : 'response.completed';
      const events: Event[] = [
        { type: 'response.created', fields: { response: begun }, tokens: 0 },
        { type: 'response.in_progress', fields: { response: begun }, tokens: 0 },
        ...itemsOf(answer, id).flatMap((item, index) => item.events(index)),
        { type: end, fields: { response: finished(id, created) }, tokens: 0 },
      ];
      return numbered(events);
    },
  };
}

const NOTHING_SAID: Answer = { reasoning: [], content: [], toolCalls: [], finish: 'stop', stoppedBy: null };

function statusOf(answer: Answer): object {
  if (answer.finish !== 'length') return { status: 'completed', incomplete_details: null };
  return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
}

interface Event {
  type: string;
  fields: object;
  tokens: number;
}

interface Item {
  whole: object;
  events(index: number): Event[];
}

function* numbered(events: readonly Event[]): Generator<Frame, undefined> {
  for (const [sequence_number, { type, fields, tokens }] of events.entries()) {
    const data = JSON.stringify({ type, sequence_number, ...fields });
    yield { data: `event: ${type}\ndata: ${data}\n\n`, tokens };
  }
}

function itemsOf(answer: Answer, id: string): Item[] {
  return [
    ...(answer.reasoning.length > 0 ? [reasoningItem(answer, id)] : []),
    ...(answer.content.length > 0 ? [messageItem(answer, id)] : []),
    ...answer.toolCalls.map((call) => callItem(call, id)),
  ];
}

function reasoningItem(answer: Answer, id: string): Item {
  const item_id = `rs_${id}`;
  const text = answer.reasoning.join('');
  const whole = { type: 'reasoning', id: item_id, summary: [], content: [{ type: 'reasoning_text', text }] };
  return {
    whole,
    events: (output_index) =>
      around(output_index, { ...whole, content: [] }, whole, [
        ...answer.reasoning.map((delta) => ({
          type: 'response.reasoning_text.delta',
          fields: { item_id, output_index, content_index: 0, delta },
          tokens: 1,
        })),
        plain('response.reasoning_text.done', { item_id, output_index, content_index: 0, text }),
      ]),
  };
}

function messageItem(answer: Answer, id: string): Item {
  const item_id = `msg_${id}`;
  const text = answer.content.join('');
  const partOf = (said: string) => ({ type: 'output_text', text: said, annotations: [], logprobs: [] });
  const item = { type: 'message', id: item_id, role: 'assistant' };
  const whole = { ...item, status: 'completed', content: [partOf(text)] };
  return {
    whole,
    events: (output_index) => {
      const place = { item_id, output_index, content_index: 0 };
      return around(output_index, { ...item, status: 'in_progress', content: [] }, whole, [
        plain('response.content_part.added', { ...place, part: partOf('') }),
        ...answer.content.map((delta) => ({
          type: 'response.output_text.delta',
          fields: { ...place, delta },
          tokens: 1,
        })),
        plain('response.output_text.done', { ...place, text }),
        plain('response.content_part.done', { ...place, part: partOf(text) }),
      ]);
    },
  };
}

function callItem(call: Answer['toolCalls'][number], id: string): Item {
  const item_id = `fc_${call.id}_${id.slice(-4)}`;
  const item = { type: 'function_call', id: item_id, call_id: call.id, name: call.name };
  const args = call.fragments.join('');
  const whole = { ...item, status: 'completed', arguments: args };
  return {
    whole,
    events: (output_index) => {
      const deltas = call.fragments.map((delta) => ({
        type: 'response.function_call_arguments.delta',
        fields: { item_id, output_index, delta },
        tokens: 1,
      }));
      const done = plain('response.function_call_arguments.done', { item_id, output_index, arguments: args });
      const begun = { ...item, status: 'in_progress', arguments: '' };
      const [opening, ...rest] = around(output_index, begun, whole, [...deltas, done]);
      return opening === undefined ? rest : [{ ...opening, tokens: 1 }, ...rest];
    },
  };
}

function plain(type: string, fields: object): Event {
  return { type, fields, tokens: 0 };
}

function around(output_index: number, begun: object, whole: object, events: Event[]): Event[] {
  return [
    plain('response.output_item.added', { output_index, item: begun }),
    ...events,
    plain('response.output_item.done', { output_index, item: whole }),
  ];
}
