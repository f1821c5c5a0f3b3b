import { type CallType } from '@app/call';

/** What a member of the body has to be. */
export type Shape = 'messages' | 'text' | 'list' | 'text or list';

/** What the routes of this door have in common with each other, and where they differ. */
export interface CallKind {
  readonly type: CallType;
  /** Below the deployment's base path. */
  readonly upstreamPath: string;
  readonly streams: boolean;
  /** Members that must be there, such as the prompt. */
  readonly required: Readonly<Record<string, Shape>>;
  /** `metadata` is the protocol's own and goes on. */
  readonly keepsMetadata?: true;
  /** A stream of this kind tells its usage unasked, and shows it. */
  readonly tellsUsage?: true;
}

export const CHAT: CallKind = {
  type: 'acompletion',
  upstreamPath: '/chat/completions',
  streams: true,
  required: { messages: 'messages' },
};

export const COMPLETION: CallKind = {
  type: 'atext_completion',
  upstreamPath: '/completions',
  streams: true,
  required: { prompt: 'text or list' },
};

export const EMBEDDING: CallKind = {
  type: 'aembedding',
  upstreamPath: '/embeddings',
  streams: false,
  required: { input: 'text or list' },
};

/** llama.cpp's completion between two texts. */
export const INFILL: CallKind = {
  type: 'atext_completion',
  upstreamPath: '/infill',
  streams: true,
  required: { input_prefix: 'text', input_suffix: 'text' },
  tellsUsage: true,
};

/** Anthropic's protocol. */
export const MESSAGES: CallKind = {
  type: 'anthropic_messages',
  upstreamPath: '/messages',
  streams: true,
  required: { messages: 'messages' },
  keepsMetadata: true,
  tellsUsage: true,
};

export const TOKEN_COUNT: CallKind = {
  ...MESSAGES,
  type: 'acount_tokens',
  upstreamPath: '/messages/count_tokens',
  streams: false,
};

/** OpenAI's newer protocol. */
export const RESPONSES: CallKind = {
  type: 'aresponses',
  upstreamPath: '/responses',
  streams: true,
  required: { input: 'text or list' },
  keepsMetadata: true,
  tellsUsage: true,
};

/** A conversation made shorter by the model. */
export const COMPACTION: CallKind = {
  ...RESPONSES,
  type: 'acompact_responses',
  upstreamPath: '/responses/compact',
  streams: false,
  required: {},
};

export const RERANK: CallKind = {
  type: 'arerank',
  upstreamPath: '/rerank',
  streams: false,
  required: { query: 'text', documents: 'list' },
};

export const MODERATION: CallKind = {
  type: 'amoderation',
  upstreamPath: '/moderations',
  streams: false,
  required: { input: 'text or list' },
};

export const IMAGE: CallKind = {
  type: 'aimage_generation',
  upstreamPath: '/images/generations',
  streams: false,
  required: { prompt: 'text' },
};

/** A form: its fields are texts, its pictures stand beside them. */
export const IMAGE_EDIT: CallKind = {
  ...IMAGE,
  type: 'aimage_edit',
  upstreamPath: '/images/edits',
};

/** Nothing is sent anywhere. */
export const TOKEN_ESTIMATE: CallKind = {
  type: 'acount_tokens',
  upstreamPath: '/messages/count_tokens',
  streams: false,
  required: {},
};
