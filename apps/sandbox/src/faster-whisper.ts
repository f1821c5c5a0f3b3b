import type { Exchange } from './core/exchange.js';
import type { Frame } from './core/player.js';
import { requestModel } from './core/request-model.js';
import { COMMON_SETTINGS, type Choices, type CommonSettings } from './core/settings.js';
import { durationOf } from './audio/audio-duration.js';
import { methodNotAllowed, notFound, unprocessable, UVICORN } from './audio/fastapi.js';
import { transcribe, type Transcript } from './audio/transcript.js';
import { srtCue, vttCue, wordTranscript } from './audio/transcript-formats.js';
import { readTranscription, type TranscriptionRequest } from './audio/transcription-request.js';
import { playStream } from './faults/play-stream.js';
import { startStandIn, type ListenOptions, type StandIn } from './stand-in.js';

interface WhisperSettings extends CommonSettings {
  /** `speaches`, its predecessor, or whisper.cpp's server with its errors as 200. */
  flavour: 'speaches' | 'faster-whisper-server' | 'whisper.cpp';
  /** Hugging Face ids that are there; nothing is fetched on demand. */
  installed: string[];
  /** Silence before the first byte, per second of audio. */
  msPerAudioSecond: number;
  /** Between two streamed segments. */
  msPerSegment: number;
  /** The first request of a model takes this much longer. */
  loadMs: number;
}

const SETTINGS: WhisperSettings = {
  ...COMMON_SETTINGS,
  flavour: 'speaches',
  installed: ['Systran/faster-whisper-large-v3', 'Systran/faster-whisper-small'],
  msPerAudioSecond: 0,
  msPerSegment: 0,
  loadMs: 0,
};
const CHOICES: Choices = { flavour: ['speaches', 'faster-whisper-server', 'whisper.cpp'] };
const ALIASES: Record<string, string> = {
  'whisper-1': 'Systran/faster-whisper-large-v3',
  'whisper-large-v3': 'Systran/faster-whisper-large-v3',
};
const TRANSCRIBE = '/v1/audio/transcriptions';
const TRANSLATE = '/v1/audio/translations';
const MODELS = '/v1/models';

class FasterWhisper {
  readonly settings = structuredClone(SETTINGS);
  private readonly loaded = new Set<string>();

  handle(exchange: Exchange<WhisperSettings>): void {
    const { method, path } = exchange;
    if (path === '/health') exchange.sendJson(200, { message: 'OK' }, UVICORN);
    else if (!this.hasKey(exchange)) exchange.sendJson(403, { detail: 'Not authenticated' }, UVICORN);
    else if (path === TRANSCRIBE || path === TRANSLATE) {
      if (method === 'POST') this.listen(exchange, path === TRANSLATE);
      else methodNotAllowed(exchange);
    } else if (path === MODELS) exchange.sendJson(200, this.modelList(), UVICORN);
    else if (path.startsWith(`${MODELS}/`)) this.oneModel(exchange);
    else if (path === '/api/ps') exchange.sendJson(200, { models: [...this.loaded] }, UVICORN);
    else notFound(exchange);
  }

  reset(): void {
    this.loaded.clear();
  }

  private listen(exchange: Exchange<WhisperSettings>, translates: boolean): void {
    const { flavour, loadMs, msPerAudioSecond } = this.settings;
    const request = readTranscription(exchange, flavour !== 'speaches');
    exchange.entry.model = requestModel(exchange);
    if (Array.isArray(request)) {
      if (flavour === 'whisper.cpp') exchange.sendJson(200, { error: "no 'file' field in the request" });
      else unprocessable(exchange, request);
      return;
    }
    const refusal = this.refusalOf(request);
    if (refusal !== undefined) {
      this.refuse(exchange, refusal);
      return;
    }
    const seconds = durationOf(request.file.data, request.fileBytes, request.file.type);
    exchange.entry.audioSeconds = seconds;
    const transcript = transcribe(request.file.data, seconds, translates ? 'en' : (request.language ?? 'en'));
    const loadingMs = this.loaded.has(request.model) ? 0 : loadMs;
    this.loaded.add(request.model);
    exchange.after(loadingMs + seconds * msPerAudioSecond, () => {
      if (request.stream && !translates) this.stream(exchange, request, transcript);
      else answer(exchange, request, transcript);
    });
  }

  private stream(
    exchange: Exchange<WhisperSettings>,
    request: TranscriptionRequest,
    transcript: Transcript,
  ): void {
    exchange.entry.stream = true;
    const frames =
      this.settings.flavour === 'speaches' ? deltaFrames(transcript) : segmentFrames(request, transcript);
    playStream(exchange, {
      status: 200,
      headers: [...UVICORN, 'Content-Type', 'text/event-stream; charset=utf-8'],
      frames: frames.map((data): Frame => ({ data, tokens: 0 })).values(),
      paceMs: this.settings.msPerSegment,
      perTurn: 1,
      events: true,
      countPieces: true,
    });
  }

  private refusalOf(request: TranscriptionRequest): Refusal | undefined {
    const { file, model, trips } = request;
    if (trips) return { status: 500, detail: null };
    const id = ALIASES[model] ?? model;
    const known = model.startsWith('fault/') || this.settings.installed.includes(id);
    if (!known && this.settings.flavour === 'speaches') {
      const how = 'You can download the model using `POST /v1/models`';
      return { status: 404, detail: `Model '${id}' is not installed locally. ${how}` };
    }
    if (file.data.length === 0) return { status: 400, detail: 'The uploaded file is likely empty.' };
    return isNoAudio(file.data) ? { status: 415, detail: 'Unsupported audio format.' } : undefined;
  }

  private refuse(exchange: Exchange<WhisperSettings>, { status, detail }: Refusal): void {
    if (this.settings.flavour === 'whisper.cpp')
      exchange.sendJson(200, { error: detail ?? 'failed to process audio' });
    else if (detail === null)
      exchange.send(status, [...UVICORN, 'Content-Type', 'text/plain'], 'Internal Server Error');
    else exchange.sendJson(status, { detail }, UVICORN);
  }

  private modelList(): object {
    const data = this.settings.installed.map(modelEntry);
    return { data, object: 'list' };
  }

  private oneModel(exchange: Exchange<WhisperSettings>): void {
    const id = decodeURIComponent(exchange.path.slice(MODELS.length + 1));
    const { installed } = this.settings;
    if (exchange.method === 'POST') {
      const there = installed.includes(id);
      if (!there) installed.push(id);
      exchange.sendText(there ? 200 : 201, `Model '${id}' ${there ? 'already exists' : 'downloaded'}`);
    } else if (installed.includes(id)) exchange.sendJson(200, modelEntry(id), UVICORN);
    else exchange.sendJson(404, { detail: `Model '${id}' is not installed locally.` }, UVICORN);
  }

  private hasKey(exchange: Exchange<WhisperSettings>): boolean {
    const { requireKey } = this.settings;
    return requireKey === '' || exchange.header('authorization') === `Bearer ${requireKey}`;
  }
}

interface Refusal {
  status: number;
  /** Null: an unexpected failure, in plain text. */
  detail: string | null;
}

function answer(
  exchange: Exchange<WhisperSettings>,
  request: TranscriptionRequest,
  transcript: Transcript,
): void {
  const { body, type } = wordTranscript(transcript, request.format, request.withWords);
  exchange.send(200, [...UVICORN, 'Content-Type', type], body);
}

/** speaches: a delta a segment, then a final event whose text stays empty. No `[DONE]`. */
function deltaFrames(transcript: Transcript): string[] {
  const deltas = transcript.segments.map((segment, index) => {
    const delta = index === 0 ? segment.text.trimStart() : segment.text;
    return { type: 'transcript.text.delta', delta, logprobs: null };
  });
  const done = { type: 'transcript.text.done', text: '', logprobs: null, usage: null };
  return [...deltas, done].map((event) => `data: ${JSON.stringify(event)}\n\n`);
}

/** The older server: each segment in the chosen format, which breaks the framing of srt and vtt. */
function segmentFrames(request: TranscriptionRequest, transcript: Transcript): string[] {
  return transcript.segments.map((segment, index) => {
    if (request.format === 'srt') return `data: ${srtCue(segment, index)}\n\n`;
    if (request.format === 'vtt') return `data: ${vttCue(segment, index)}\n\n`;
    if (request.format === 'text') return `data: ${segment.text.trim()}\n\n`;
    return `data: ${JSON.stringify({ text: segment.text.trim() })}\n\n`;
  });
}

function modelEntry(id: string): object {
  const task = 'automatic-speech-recognition';
  return { id, created: 0, object: 'model', owned_by: id.split('/')[0], language: ['en', 'de'], task };
}

/** Documents, archives and pages; anything else might be audio. */
function isNoAudio(data: Buffer): boolean {
  return /^(%PDF|PK|<|\{)/.test(data.toString('latin1', 0, 4));
}

/** A Whisper server with OpenAI's routes. */
export function startFasterWhisper(options: ListenOptions = {}): Promise<StandIn> {
  const whisper = new FasterWhisper();
  return startStandIn<WhisperSettings>(
    {
      settings: whisper.settings,
      choices: CHOICES,
      handle: (exchange) => whisper.handle(exchange),
      errorBody: (_status, detail) => ({ type: 'application/json', body: JSON.stringify({ detail }) }),
      reset: () => whisper.reset(),
    },
    options,
  );
}
