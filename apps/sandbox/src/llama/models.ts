import type { LlamaSettings } from './llama-settings.js';

export interface LlamaModel {
  id: string;
  /** What the server behind it calls itself in answers. */
  ownName: string;
  /** What it can do; models that stand for a fault can do everything. */
  kind: 'chat' | 'embeddings' | 'rerank' | 'image' | 'any';
  vision: boolean;
  /** Thinks before every answer, asked or not. */
  thinks: boolean;
  title: string;
}

function chat(id: string, ownName: string, title: string): LlamaModel {
  return { id, ownName, kind: 'chat', vision: false, thinks: false, title };
}

const STANDARD: LlamaModel[] = [
  chat('qwen3-30b-a3b', 'Qwen3-30B-A3B-Q4_K_M.gguf', 'Qwen 3 30B A3B'),
  chat('qwen3-30b-a3b-q8-abl', 'Qwen3-30B-A3B-Q8_0.gguf', 'Qwen 3 30B A3B Q8'),
  chat('qwen2.5-14b-instruct', 'Qwen2.5-14B-Instruct-Q4_K_M.gguf', 'Qwen 2.5 14B Instruct'),
  { ...chat('gemma3-27b', 'gemma-3-27b-it-Q4_K_M.gguf', 'Gemma 3 27B'), vision: true },
  { ...chat('gpt-oss-120b', 'gpt-oss-120b-mxfp4.gguf', 'GPT-OSS 120B'), thinks: true },
  { ...chat('bge-m3', 'bge-m3-F16.gguf', 'BGE M3'), kind: 'embeddings' },
  { ...chat('bge-reranker-v2-m3', 'bge-reranker-v2-m3-F16.gguf', 'BGE Reranker v2 M3'), kind: 'rerank' },
];
/** They answer by name, and no list shows them. */
const UNLISTED: LlamaModel[] = [{ ...chat('sd-turbo', 'sd_turbo-q8_0.gguf', 'SD Turbo'), kind: 'image' }];
const BY_ID = new Map([...STANDARD, ...UNLISTED].map((model) => [model.id, model]));

/** The model of that name; every `fault/…` name is a chat model that is not listed. */
export function findModel(id: string, settings: LlamaSettings): LlamaModel | undefined {
  const known = BY_ID.get(id);
  if (known !== undefined) return known;
  if (id.startsWith('fault/')) return { ...chat(id, 'faulty-Q8_0.gguf', id), kind: 'any', vision: true };
  return settings.extraModels.includes(id) ? chat(id, `${id}.gguf`, id) : undefined;
}

export function listedModels(settings: LlamaSettings): LlamaModel[] {
  const all = [...STANDARD, ...settings.extraModels.map((id) => chat(id, `${id}.gguf`, id))];
  return all.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** `GET /v1/models`; `created` is the time of the call, as llama-swap has it. */
export function modelList(settings: LlamaSettings, isLoaded: (id: string) => boolean): object {
  const created = Math.floor(Date.now() / 1000);
  const data = listedModels(settings).map((model) => {
    const plain = { id: model.id, object: 'model', created, owned_by: 'llama-swap', name: model.title };
    if (settings.generation === 'v217') return plain;
    return { ...plain, ...described(model, settings), status: { value: statusOf(isLoaded(model.id)) } };
  });
  return { object: 'list', data };
}

function statusOf(loaded: boolean): string {
  return loaded ? 'loaded' : 'unloaded';
}

function described(model: LlamaModel, settings: LlamaSettings): object {
  const meta = { llamaswap: { type: 'model' }, n_ctx: settings.contextTokens };
  if (model.kind === 'rerank') return { capabilities: { reranker: true }, meta };
  if (model.kind === 'embeddings') return { meta };
  const inputs = model.vision ? ['text', 'image'] : ['text'];
  return {
    architecture: {
      input_modalities: inputs,
      output_modalities: ['text'],
      modality: `${inputs.join('+')}->text`,
    },
    capabilities: model.vision ? { vision: true, function_calling: true } : { function_calling: true },
    supported_parameters: ['tools', 'tool_choice'],
    context_length: settings.contextTokens,
    meta,
  };
}
