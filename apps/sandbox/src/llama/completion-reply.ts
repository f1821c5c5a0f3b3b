import { logprobOf } from './chat-reply.js';
import { PieceFrames, SYSTEM_FINGERPRINT, type Piece, type Rendering, type Said } from './rendering.js';

/** `/v1/completions` as llama.cpp words it: usage always, also in streams. */
export function renderCompletion(said: Said): Rendering {
  const { answers, metering, model } = said;
  const own = `"model":${JSON.stringify(model.ownName)},"system_fingerprint":"${SYSTEM_FINGERPRINT}"`;
  const timings = metering.timings === null ? '' : `,"timings":${metering.timings}`;
  const shared = (id: string, created: number) =>
    `,"created":${created},${own},"object":"text_completion","usage":${metering.usage},"id":"${id}"${timings}}`;
  const choices = answers.map((answer, index) => ({
    text: answer.content.join(''),
    index,
    logprobs: said.call.logprobs ? { content: answer.content.map(logprobOf) } : null,
    finish_reason: answer.finish,
  }));
  const pieces = answers.flatMap((answer, index) => answer.content.map((token) => piece(token, index)));
  return {
    whole: (id, created) => `{"choices":${JSON.stringify(choices)}${shared(id, created)}`,
    frames: (id, created) => {
      const chunk = `,"created":${created},${own},"object":"text_completion","id":"${id}"}\n\n`;
      const finish = answers.map((answer, index) => {
        const choice = JSON.stringify({ text: '', index, logprobs: null, finish_reason: answer.finish });
        return `data: {"choices":[${choice}]${shared(id, created)}\n\n`;
      });
      return new PieceFrames(pieces, chunk, [...finish, 'data: [DONE]\n\n']);
    },
  };
}

function piece(token: string, index: number): Piece {
  const choice = JSON.stringify({ text: token, index, logprobs: null, finish_reason: null });
  return { text: `data: {"choices":[${choice}]`, tokens: 1 };
}
