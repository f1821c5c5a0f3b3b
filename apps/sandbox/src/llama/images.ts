import type { Exchange } from '../core/exchange.js';
import { numberAt, textAt } from '../core/json.js';
import { hashOf } from '../core/hash.js';
import { refuseAsLlama } from './llama-errors.js';
import type { LlamaSettings } from './llama-settings.js';

/** A PNG of one pixel, without a checksum that anybody looks at. */
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const MOST_IMAGES = 8;

/** stable-diffusion.cpp's server: `/v1/images/generations` in JSON, `/v1/images/edits` as a form. */
export function answerImages(exchange: Exchange<LlamaSettings>): void {
  const form = exchange.body.toString('latin1');
  const fromForm = (name: string) =>
    new RegExp(`name="?${name}"?\\r\\n(?:[^\\r\\n]+\\r\\n)*\\r\\n([^\\r\\n]*)`, 'i').exec(form)?.[1];
  const prompt = textAt(exchange.json, 'prompt') ?? fromForm('prompt') ?? '';
  if (prompt === '') {
    refuseAsLlama(exchange, 400, 'prompt required');
    return;
  }
  if (exchange.path.endsWith('/edits') && !/name="?image(\[\])?"?;/i.test(form)) {
    refuseAsLlama(exchange, 400, 'at least one image[] required');
    return;
  }
  const count = Math.min(numberAt(exchange.json, 'n') ?? (Number(fromForm('n') ?? 1) || 1), MOST_IMAGES);
  const data = Array.from({ length: count }, () => ({ b64_json: PIXEL }));
  exchange.sendJson(200, { created: 1_790_000_000 + (hashOf(prompt) % 1000), output_format: 'png', data });
}
