import type { Exchange } from '../core/exchange.js';
import type { LlamaSettings } from './llama-settings.js';

const STEP_MS = 250;

/** Streams loading chunks until the model is there: bare deltas, without id, role or index. */
export function showLoading(exchange: Exchange<LlamaSettings>, modelId: string): { stop(): void } {
  const { res } = exchange;
  const startedAt = Date.now();
  const say = (text: string) =>
    res.write(`data: ${JSON.stringify({ choices: [{ delta: { reasoning_content: text } }] })}\n\n`);
  exchange.entry.status = 200;
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  say('━━━━━');
  say(`\nllama-swap loading model: ${modelId}\n`);
  const timer = setInterval(() => say('.'), STEP_MS);
  const stop = () => clearInterval(timer);
  exchange.onGone(stop);
  return {
    stop: () => {
      stop();
      if (exchange.gone) return;
      say(`\nDone! (${((Date.now() - startedAt) / 1000).toFixed(2)}s)\n`);
      say('━━━━━\n\n');
    },
  };
}
