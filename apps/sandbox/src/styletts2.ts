import { isObject, numberAt, textAt, type JsonObject } from './core/json.js';
import type { Exchange } from './core/exchange.js';
import { COMMON_SETTINGS, type CommonSettings } from './core/settings.js';
import { codePoints, encodeSpeech, toneOf, type SpeechFormat } from './audio/encode-speech.js';
import {
  malformedJson,
  methodNotAllowed,
  missingField,
  notAString,
  notFound,
  notOneOf,
  unprocessable,
  UVICORN,
  type FieldProblem,
} from './audio/fastapi.js';
import { startStandIn, type ListenOptions, type StandIn } from './stand-in.js';

interface StyleSettings extends CommonSettings {
  secondsPerCharacter: number;
  /** Nothing is sent before the whole file is there; this long a character. */
  msPerCharacter: number;
}

const SETTINGS: StyleSettings = { ...COMMON_SETTINGS, secondsPerCharacter: 0.06, msPerCharacter: 0 };

const MODELS = ['multi', 'single', 'styletts2'];
const FORMATS = ['mp3', 'flac', 'wav', 'pcm'];
const RATE = 24_000;

function handle(exchange: Exchange<StyleSettings>): void {
  const { method, path } = exchange;
  if (path === '/health') exchange.sendJson(200, { status: 'OK' }, UVICORN);
  else if (path !== '/v1/audio/speech') notFound(exchange);
  else if (method !== 'POST') methodNotAllowed(exchange);
  else if (!isObject(exchange.json)) malformedJson(exchange);
  else speak(exchange, exchange.json);
}

function speak(exchange: Exchange<StyleSettings>, body: JsonObject): void {
  const problems = problemsOf(body);
  if (problems.length > 0) {
    unprocessable(exchange, problems);
    return;
  }
  const input = textAt(body, 'input') ?? '';
  const format = (textAt(body, 'response_format') ?? 'wav') as SpeechFormat;
  const speed = numberAt(body, 'speed') ?? 1;
  exchange.entry.model = textAt(body, 'model') ?? 'multi';
  exchange.entry.characters = codePoints(input);
  // The encoder knows no raw samples, and a failure anywhere is plain text.
  if (format === 'pcm' || speed <= 0 || input.trim() === '') {
    exchange.send(500, [...UVICORN, 'Content-Type', 'text/plain; charset=utf-8'], 'Internal Server Error');
    return;
  }
  const { msPerCharacter, secondsPerCharacter } = exchange.settings;
  const tone = toneOf(input, textAt(body, 'voice') ?? '', { rate: RATE, speed, secondsPerCharacter });
  exchange.entry.audioSeconds = tone.seconds;
  exchange.after(exchange.entry.characters * msPerCharacter, () => {
    const file = Buffer.concat([...encodeSpeech(format, tone, false)]);
    exchange.send(200, [...UVICORN, 'Content-Type', `audio/${format}`], file);
  });
}

function problemsOf(body: JsonObject): FieldProblem[] {
  const { model, input, response_format: format, sample_rate: rate, voice } = body;
  const problems: FieldProblem[] = [];
  const faulty = typeof model === 'string' && model.startsWith('fault/');
  if (model !== undefined && !faulty && !MODELS.includes(model as string))
    problems.push(notOneOf('model', MODELS, model));
  if (input === undefined) problems.push(missingField('input', body));
  else if (typeof input !== 'string') problems.push(notAString('input', input));
  if (voice !== undefined && typeof voice !== 'string') problems.push(notAString('voice', voice));
  if (format !== undefined && !FORMATS.includes(format as string))
    problems.push(notOneOf('response_format', FORMATS, format));
  if (rate !== undefined && !(typeof rate === 'number' && rate >= 8000 && rate <= 48_000)) {
    const msg = 'Input should be between 8000 and 48000';
    problems.push({ type: 'value_error', loc: ['body', 'sample_rate'], msg, input: rate });
  }
  return problems;
}

/** An OpenAI-style wrapper around StyleTTS2: no model list, no key, whole files. */
export function startStyletts2(options: ListenOptions = {}): Promise<StandIn> {
  return startStandIn<StyleSettings>(
    {
      settings: structuredClone(SETTINGS),
      handle,
      errorBody: () => ({ type: 'text/plain; charset=utf-8', body: 'Internal Server Error' }),
    },
    options,
  );
}
