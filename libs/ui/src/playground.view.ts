import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { paths } from './paths.js';
import {
  MAX_MODELS,
  type PlaygroundFields,
  playgroundBody,
  SPEECH_FORMATS,
  speechBody,
  type SpeechFields,
} from './playground-form.js';

/** What one of the models said. */
export interface PlaygroundAnswer {
  readonly model: string;
  readonly text: string;
  readonly problem: string;
}

export interface ChatPage {
  readonly fields: PlaygroundFields;
  readonly models: readonly string[];
  /** Empty before anything was asked. */
  readonly answers: readonly PlaygroundAnswer[];
  readonly address: string;
  /** Null where none is configured. */
  readonly searchTool: string | null;
}

export type PlaygroundKind = 'chat' | 'speech' | 'transcription';

const TABS = [
  { kind: 'chat', label: 'Chat', icon: 'chat', href: paths.playground },
  { kind: 'speech', label: 'Speech', icon: 'sound', href: paths.playgroundSpeech },
  { kind: 'transcription', label: 'Transcription', icon: 'mic', href: paths.playgroundTranscription },
] as const;

/** What the three pages of the playground share. */
function playgroundFrame(kind: PlaygroundKind, address: string): object {
  return {
    tabs: TABS.map(({ label, icon, href, kind: own }) => ({ label, icon, href, isCurrent: own === kind })),
    logs: { href: paths.logs },
    address,
  };
}

/** The same question to one or more models, side by side. */
export function playgroundView({ fields, models, answers, address, searchTool }: ChatPage): object {
  const first = models[0] ?? '';
  const chosen = fields.models.length > 0 ? fields.models : first === '' ? [] : [first];
  const another = models.find((name) => !chosen.includes(name));
  return {
    ...playgroundFrame('chat', address),
    ...fields,
    action: paths.playground,
    door: paths.playgroundChat,
    searchTool: searchTool ?? '',
    hasModels: chosen.length > 0,
    talks: chosen.map((model) => ({
      model,
      models: optionsOf(models, model),
      message: fields.message,
      answer: answers.find((one) => one.model === model) ?? false,
      remove: chosen.length > 1 && { href: hrefOf(chosen.filter((name) => name !== model)) },
    })),
    more: another !== undefined && chosen.length < MAX_MODELS && { href: hrefOf([...chosen, another]) },
    hasAnswers: answers.length > 0,
    curl: curlOf(fields, { model: chosen[0] ?? '', address, searchTool }),
  };
}

const optionsOf = (models: readonly string[], chosen: string): object[] =>
  (models.includes(chosen) ? models : [chosen, ...models]).map((name) => ({
    value: name,
    label: name,
    isSelected: name === chosen,
  }));

const hrefOf = (models: readonly string[]): string =>
  `${paths.playground}?${new URLSearchParams(models.map((model) => ['model', model])).toString()}`;

function curlOf(
  fields: PlaygroundFields,
  { model, address, searchTool }: { model: string; address: string; searchTool: string | null },
): string {
  return jsonCurl(`${address}/v1/chat/completions`, playgroundBody(fields, model, searchTool));
}

function jsonCurl(url: string, body: JsonObject): string {
  return `curl -s ${url} \\
  -H "Authorization: Bearer $API_KEY" \\
  -H "Content-Type: application/json" \\
  -d ${quoted(JSON.stringify(body))}`;
}

/** For a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The page that speaks a text. */
export function speechView(fields: SpeechFields, models: readonly string[], address: string): object {
  const body = speechBody({ ...fields, model: fields.model || (models[0] ?? '') });
  return {
    ...playgroundFrame('speech', address),
    ...fields,
    action: paths.playgroundSpeech,
    door: paths.playgroundSpeak,
    models: models.map((name) => ({ value: name, label: name, isSelected: name === fields.model })),
    hasModels: models.length > 0,
    curl: `${jsonCurl(`${address}/v1/audio/speech`, body)} \\\n  -o speech.${fields.format}`,
    voices: ['alloy', 'echo', 'fable', 'onyx', 'nova', 'shimmer'].map((value) => ({ value })),
    formats: SPEECH_FORMATS.map((value) => ({ value, label: value, isSelected: value === fields.format })),
  };
}

/** The page that writes down what was said. */
export function transcriptionView(models: readonly string[], address: string): object {
  return {
    ...playgroundFrame('transcription', address),
    action: paths.playgroundTranscription,
    door: paths.playgroundTranscribe,
    models: models.map((name) => ({ value: name, label: name })),
    hasModels: models.length > 0,
    curl: `curl -s ${address}/v1/audio/transcriptions \\
  -H "Authorization: Bearer $API_KEY" \\
  -F ${quoted(`model=${models[0] ?? ''}`)} \\
  -F 'response_format=json' \\
  -F 'file=@recording.webm'`,
    formats: ['json', 'text', 'srt', 'vtt', 'verbose_json'].map((value) => ({ value, label: value })),
  };
}

/** The words of a transcript in JSON; the text itself where it has another format. */
export function transcriptIn(text: string): string {
  try {
    const parsed = JSON.parse(text) as JsonValue;
    const said = isJsonObject(parsed) && Object.keys(parsed).length <= 2 ? parsed['text'] : null;
    return typeof said === 'string' ? said : text;
  } catch {
    return text;
  }
}

/** The words of a chat completion; the text itself where it is none. */
export function answerIn(text: string): string {
  try {
    const parsed = JSON.parse(text) as JsonValue;
    const choices = isJsonObject(parsed) ? parsed['choices'] : null;
    const first = Array.isArray(choices) ? choices[0] : null;
    const message = isJsonObject(first) ? first['message'] : null;
    const content = isJsonObject(message) ? message['content'] : null;
    return typeof content === 'string' ? content : text;
  } catch {
    return text;
  }
}
