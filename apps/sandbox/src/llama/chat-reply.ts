import type { Answer, ToolCall } from './compose-answer.js';
import { PieceFrames, SYSTEM_FINGERPRINT, type Piece, type Rendering, type Said } from './rendering.js';

/** `/v1/chat/completions` as llama.cpp words it. */
export function renderChat(said: Said): Rendering {
  const { answers, metering, model } = said;
  const own = `"model":${JSON.stringify(model.ownName)},"system_fingerprint":"${SYSTEM_FINGERPRINT}"`;
  const timings = metering.timings === null ? '' : `,"timings":${metering.timings}`;
  const choices = JSON.stringify(answers.map((answer, index) => choiceOf(said, answer, index)));
  const afterId = `"${timings}}`;
  const beforeId = `,${own},"object":"chat.completion","usage":${metering.usage},"id":"`;
  let pieces: Piece[] | undefined;
  return {
    whole: (id, created) => `{"choices":${choices},"created":${created}${beforeId}${id}${afterId}`,
    frames: (id, created) => {
      pieces ??= piecesOf(said);
      const shared = `,"created":${created},"id":"${id}",${own},"object":"chat.completion.chunk"`;
      return new PieceFrames(pieces, `${shared}}\n\n`, closingFrames(said, shared));
    },
  };
}

function choiceOf(said: Said, answer: Answer, index: number): object {
  const { content, finish, reasoning, toolCalls } = answer;
  const message = {
    role: 'assistant',
    content: toolCalls.length > 0 ? null : content.join(''),
    ...(reasoning.length > 0 && { reasoning_content: reasoning.join('') }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(wholeCall) }),
  };
  const logprobs = said.call.logprobs && { logprobs: { content: content.map(logprobOf) } };
  return { finish_reason: finish, index, message, ...logprobs };
}

function wholeCall(call: ToolCall): object {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.fragments.join('') } };
}

export function logprobOf(token: string): object {
  return { id: token.length, token, bytes: [...Buffer.from(token)], logprob: -0.25, top_logprobs: [] };
}

/** Choices take turns, token by token. */
function piecesOf(said: Said): Piece[] {
  const byChoice = said.answers.map((answer, index) => deltasOf(answer, index, said.call.logprobs));
  const longest = Math.max(...byChoice.map((deltas) => deltas.length));
  const pieces = said.call.returnProgress ? progressPieces(said) : [];
  for (let at = 0; at < longest; at++) {
    for (const deltas of byChoice) {
      const delta = deltas[at];
      if (delta !== undefined) pieces.push(delta);
    }
  }
  return pieces;
}

/** How far the prompt has been read: half of it, then all. */
function progressPieces(said: Said): Piece[] {
  const total = said.metering.promptTokens;
  const choice = '{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}';
  return [Math.floor(total / 2), total].map((processed) => {
    const progress = JSON.stringify({ total, cache: 0, processed, time_ms: processed });
    return { text: `data: {"choices":[${choice}],"prompt_progress":${progress}`, tokens: 0 };
  });
}

function deltasOf(answer: Answer, index: number, logprobs: boolean): Piece[] {
  const piece = (delta: object, tokens: number, token?: string): Piece => {
    const tail = token !== undefined && logprobs ? { logprobs: { content: [logprobOf(token)] } } : {};
    const choice = JSON.stringify({ finish_reason: null, index, delta, ...tail });
    return { text: `data: {"choices":[${choice}]`, tokens };
  };
  return [
    piece({ role: 'assistant', content: null }, 0),
    ...answer.reasoning.map((token) => piece({ reasoning_content: token }, 1)),
    ...answer.content.map((token) => piece({ content: token }, 1, token)),
    ...answer.toolCalls.flatMap((call, at) => [
      piece({ tool_calls: [firstOfCall(call, at)] }, 1),
      ...call.fragments.map((fragment) =>
        piece({ tool_calls: [{ index: at, function: { arguments: fragment } }] }, 1),
      ),
    ]),
  ];
}

function firstOfCall(call: ToolCall, index: number): object {
  return { index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } };
}

function closingFrames(said: Said, shared: string): string[] {
  const { answers, call, metering, settings } = said;
  const usageChunk = call.includeUsage && !settings.usageOnFinish;
  const timings = metering.timings === null ? '' : `,"timings":${metering.timings}`;
  // Timings ride on whatever chunk is the last.
  const finishTimings = usageChunk ? '' : timings;
  const oldUsage = settings.usageOnFinish ? `,"usage":${metering.usage}` : '';
  const finishes = answers.map((answer, index) => {
    const choice = JSON.stringify({ finish_reason: answer.finish, index, delta: {} });
    const tail = index === answers.length - 1 ? oldUsage + finishTimings : '';
    return `data: {"choices":[${choice}]${shared}${tail}}\n\n`;
  });
  const usage = `data: {"choices":[]${shared},"usage":${metering.usage}${timings}}\n\n`;
  return [...finishes, ...(usageChunk ? [usage] : []), 'data: [DONE]\n\n'];
}
