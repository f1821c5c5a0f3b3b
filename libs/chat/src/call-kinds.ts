import { type CallType } from '@app/call';

/** What the routes of this door have in common with each other, and where they differ. */
export interface CallKind {
  readonly type: CallType;
  /** Below the deployment's base path. */
  readonly upstreamPath: string;
  readonly streams: boolean;
  /** The member that holds the prompt. */
  readonly promptField: 'messages' | 'prompt' | 'input';
}

export const CHAT: CallKind = {
  type: 'acompletion',
  upstreamPath: '/chat/completions',
  streams: true,
  promptField: 'messages',
};

export const COMPLETION: CallKind = {
  type: 'atext_completion',
  upstreamPath: '/completions',
  streams: true,
  promptField: 'prompt',
};

export const EMBEDDING: CallKind = {
  type: 'aembedding',
  upstreamPath: '/embeddings',
  streams: false,
  promptField: 'input',
};
