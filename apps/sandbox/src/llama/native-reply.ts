import { PieceFrames, type Rendering, type Said } from './rendering.js';

/** `/completion` and `/infill`: llama.cpp's own shape, without ids, usage or `[DONE]`. */
export function renderNative(said: Said): Rendering {
  const { answers, metering, model } = said;
  const answer = answers[0];
  const tokens = answer?.content ?? [];
  const stopType = { stop: 'eos', length: 'limit', tool_calls: 'eos' }[answer?.finish ?? 'stop'];
  const end = {
    stop: true,
    model: model.ownName,
    tokens_predicted: metering.completionTokens,
    tokens_evaluated: metering.promptTokens,
    has_new_line: false,
    truncated: false,
    stop_type: answer?.stoppedBy === null ? stopType : 'word',
    stopping_word: answer?.stoppedBy ?? '',
    tokens_cached: metering.promptTokens,
    ...(metering.timings !== null && { timings: JSON.parse(metering.timings) as unknown }),
  };
  const place = { index: 0, id_slot: 0 };
  const pieces = tokens.map((content) => ({
    text: `data: ${JSON.stringify({ ...place, content, tokens: [], stop: false })}`,
    tokens: 1,
  }));
  return {
    whole: () => JSON.stringify({ ...place, content: tokens.join(''), tokens: [], ...end }),
    frames: () =>
      new PieceFrames(pieces, '\n\n', [`data: ${JSON.stringify({ ...place, content: '', ...end })}\n\n`]),
  };
}
