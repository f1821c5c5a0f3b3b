import { isObject, numberAt, textAt, type JsonObject } from './core/json.js';
import type { Exchange } from './core/exchange.js';
import { COMMON_SETTINGS, type CommonSettings } from './core/settings.js';
import { codePoints, encodeSpeech, framesOf, toneOf, type SpeechFormat } from './audio/encode-speech.js';
import {
  malformedJson,
  methodNotAllowed,
  missingField,
  notAString,
  notFound,
  unprocessable,
  UVICORN,
} from './audio/fastapi.js';
import { playStream } from './faults/play-stream.js';
import { startStandIn, type ListenOptions, type StandIn } from './stand-in.js';

interface SpeechSettings extends CommonSettings {
  voices: string[];
  secondsPerCharacter: number;
  /** After the headers, before the first audio byte. */
  firstByteMs: number;
  /** The same for each character: nothing is heard before all of the text is synthesised. */
  firstByteMsPerCharacter: number;
  /** Speaks in this format whatever is asked for, as some servers do; empty: as asked. */
  onlyFormat: SpeechFormat | '';
  /** Between two pieces of a quarter second of audio. */
  msPerPiece: number;
  /** The first `tts-1-hd` request blocks the whole server this long. */
  hdLoadMs: number;
  /** Synthesis fails after the 200 has been sent: the body stays empty. */
  failSynthesis: boolean;
}

const SETTINGS: SpeechSettings = {
  ...COMMON_SETTINGS,
  voices: ['alloy', 'alloy-alt', 'echo', 'echo-alt', 'fable', 'onyx', 'nova', 'shimmer', 'me'],
  secondsPerCharacter: 0.06,
  firstByteMs: 0,
  firstByteMsPerCharacter: 0,
  onlyFormat: '',
  msPerPiece: 0,
  hdLoadMs: 0,
  failSynthesis: false,
};

const RATES: Record<string, number> = { 'tts-1': 22_050, 'tts-1-hd': 24_000 };

function contentType(format: SpeechFormat, rate: number): string {
  const types: Record<SpeechFormat, string> = {
    mp3: 'audio/mpeg',
    opus: 'audio/ogg;codec=opus',
    aac: 'audio/aac',
    flac: 'audio/x-flac',
    wav: 'audio/wav',
    pcm: `audio/pcm;rate=${rate}`,
  };
  return types[format];
}

class OpenedaiSpeech {
  readonly settings = structuredClone(SETTINGS);
  private hdLoaded = false;
  /** Until when the event loop of the real server would be blocked. */
  private blockedUntil = 0;

  handle(exchange: Exchange<SpeechSettings>): void {
    exchange.after(Math.max(0, this.blockedUntil - Date.now()), () => this.route(exchange));
  }

  reset(): void {
    this.hdLoaded = false;
    this.blockedUntil = 0;
  }

  private route(exchange: Exchange<SpeechSettings>): void {
    const { method, path } = exchange;
    if (path === '/v1/audio/speech') {
      if (method === 'POST') this.speak(exchange);
      else methodNotAllowed(exchange);
    } else if (path === '/health') exchange.sendJson(200, { status: 'ok' }, UVICORN);
    else if (path === '/') exchange.send(200, UVICORN, '');
    else if (path === '/v1/models') exchange.sendJson(200, modelList(), UVICORN);
    else if (path.startsWith('/v1/models/'))
      unprocessable(exchange, [{ ...missingField('model_id', null), loc: ['query', 'model_id'] }]);
    else notFound(exchange);
  }

  private speak(exchange: Exchange<SpeechSettings>): void {
    const body = readBody(exchange);
    if (body === undefined) return;
    const refusal = refusalOf(body, this.settings);
    if (refusal !== undefined) {
      refuse(exchange, refusal);
      return;
    }
    exchange.entry.model = body.model;
    exchange.entry.characters = codePoints(body.input);
    const loading = body.model === 'tts-1-hd' && !this.hdLoaded;
    if (loading) {
      this.hdLoaded = true;
      this.blockedUntil = Date.now() + this.settings.hdLoadMs;
    }
    exchange.after(loading ? this.settings.hdLoadMs : 0, () => this.synthesise(exchange, body));
  }

  private thinkingMs(text: string): number {
    return this.settings.firstByteMs + codePoints(text) * this.settings.firstByteMsPerCharacter;
  }

  private synthesise(exchange: Exchange<SpeechSettings>, body: SpeechBody): void {
    const { failSynthesis, msPerPiece, secondsPerCharacter } = this.settings;
    const { speed } = body;
    const format = this.settings.onlyFormat || body.format;
    const rate = RATES[body.model] ?? 22_050;
    const tone = toneOf(body.input, body.voice, { rate, speed, secondsPerCharacter });
    const headers = [...UVICORN, 'Content-Type', contentType(format, rate)];
    exchange.entry.audioSeconds = failSynthesis ? 0 : tone.seconds;
    if (exchange.fault === undefined) {
      // The status leaves before any synthesis, whatever becomes of it.
      exchange.res.writeHead(200, headers);
      exchange.res.flushHeaders();
    }
    const pieces = failSynthesis ? [] : encodeSpeech(format, tone, true);
    exchange.after(this.thinkingMs(body.input), () =>
      playStream(exchange, {
        status: 200,
        headers,
        frames: framesOf(pieces),
        paceMs: msPerPiece,
        perTurn: 4,
        events: false,
        countPieces: true,
      }),
    );
  }
}

interface SpeechBody {
  model: string;
  input: string;
  voice: string;
  format: SpeechFormat;
  speed: number;
}

function readBody(exchange: Exchange<SpeechSettings>): SpeechBody | undefined {
  const { json } = exchange;
  if (!isObject(json)) {
    malformedJson(exchange);
    return undefined;
  }
  const problems = ['model', 'input', 'voice', 'response_format']
    .filter((name) => json[name] !== undefined && typeof json[name] !== 'string')
    .map((name) => notAString(name, json[name]));
  if (json['input'] === undefined) problems.push(missingField('input', json));
  if (problems.length > 0) {
    unprocessable(exchange, problems);
    return undefined;
  }
  return bodyOf(json);
}

function bodyOf(json: JsonObject): SpeechBody {
  return {
    model: textAt(json, 'model') ?? 'tts-1',
    input: textAt(json, 'input') ?? '',
    voice: textAt(json, 'voice') ?? 'alloy',
    format: (textAt(json, 'response_format') ?? 'mp3').toLowerCase() as SpeechFormat,
    speed: numberAt(json, 'speed') ?? 1,
  };
}

interface Refusal {
  message: string;
  /** Null: an unexpected failure, which names nothing. */
  param: string | null;
}

function refusalOf(body: SpeechBody, settings: SpeechSettings): Refusal | undefined {
  const { format, input, model, speed, voice } = body;
  if (!Object.hasOwn(RATES, model) && !model.startsWith('fault/'))
    return { message: `No such model '${model}' (must be tts-1 or tts-1-hd)`, param: 'model' };
  if (input.trim() === '') return { message: 'Invalid input: it is empty', param: 'input' };
  if (!settings.voices.includes(voice))
    return { message: `Voice '${voice}' not found in voice_to_speaker.yaml`, param: 'voice' };
  if (!/^(mp3|opus|aac|flac|wav|pcm)$/.test(format))
    return { message: `Invalid response_format: '${format}'`, param: 'response_format' };
  return speed <= 0 ? { message: 'InternalServerError', param: null } : undefined;
}

/** Errors are flat here: nothing is wrapped in `error`. */
function refuse(exchange: Exchange, { message, param }: Refusal): void {
  if (param === null) exchange.sendJson(500, { message, code: 500 }, UVICORN);
  else exchange.sendJson(400, { message, code: 400, type: 'BadRequestError', param }, UVICORN);
}

function modelList(): object {
  const ids = Object.keys(RATES);
  // The real list comes out of a set; nobody may depend on its order.
  if (Math.random() < 0.5) ids.reverse();
  return { object: 'list', data: ids.map((id) => ({ id, object: 'model', created: 0, owned_by: 'user' })) };
}

/** Text to speech with piper and XTTS behind OpenAI's route. */
export function startOpenedaiSpeech(options: ListenOptions = {}): Promise<StandIn> {
  const speech = new OpenedaiSpeech();
  return startStandIn<SpeechSettings>(
    {
      settings: speech.settings,
      handle: (exchange) => speech.handle(exchange),
      errorBody: (status, message) => ({
        type: 'application/json',
        body: JSON.stringify({ message, code: status, type: 'ServiceUnavailableError', param: '' }),
      }),
      reset: () => speech.reset(),
    },
    options,
  );
}
