import { COMMON_SETTINGS, type Choices, type CommonSettings } from '../core/settings.js';

export interface LangfuseSettings extends CommonSettings {
  /** When empty, any credentials of the right form are good. */
  publicKey: string;
  secretKey: string;
  version: string;
  /** Matters from version 4 on: what the old endpoint still takes. */
  writeMode: 'events_only' | 'dual' | 'legacy';
  /** `down` cuts connections, `207` refuses every event, the rest is what it says. */
  mode: 'up' | 'down' | 'slow' | 'hang' | '207' | '401' | '413' | '429' | '500' | '502';
  slowMs: number;
  /** Traces, observations and scores kept, of each. */
  keepRecords: number;
}

export const LANGFUSE_SETTINGS: LangfuseSettings = {
  ...COMMON_SETTINGS,
  publicKey: '',
  secretKey: '',
  version: '3.120.0',
  writeMode: 'events_only',
  mode: 'up',
  slowMs: 2000,
  keepRecords: 50_000,
};

export const LANGFUSE_CHOICES: Choices = {
  writeMode: ['events_only', 'dual', 'legacy'],
  mode: ['up', 'down', 'slow', 'hang', '207', '401', '413', '429', '500', '502'],
};
