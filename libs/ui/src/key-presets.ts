import { paths, withQuery } from './paths.js';

/** What the form for a new key begins with. */
export interface KeyPreset {
  readonly name: string;
  readonly label: string;
  readonly alias: string;
  readonly budget: string;
  readonly period: string;
  readonly rpm: string;
  readonly tags: string;
}

export const KEY_PRESETS: readonly KeyPreset[] = [
  {
    name: 'librechat',
    label: 'LibreChat',
    alias: 'LibreChat',
    budget: '5.00',
    period: '1mo',
    rpm: '60',
    tags: 'chat',
  },
  {
    name: 'open-webui',
    label: 'Open WebUI',
    alias: 'Open WebUI',
    budget: '10.00',
    period: '1mo',
    rpm: '120',
    tags: 'chat',
  },
  {
    name: 'flowise',
    label: 'Flowise',
    alias: 'Flowise',
    budget: '8.00',
    period: '1mo',
    rpm: '60',
    tags: 'flows',
  },
  { name: 'n8n', label: 'n8n', alias: 'n8n', budget: '2.00', period: '7d', rpm: '30', tags: 'flows' },
  {
    name: 'script',
    label: 'A script',
    alias: 'script',
    budget: '1.00',
    period: '1mo',
    rpm: '',
    tags: 'script',
  },
];

/** The presets as links, with one that begins with nothing. */
export function presetLinks(current: string): object[] {
  return [...KEY_PRESETS, { name: '', label: 'Empty' }].map(({ name, label }) => ({
    label,
    href: withQuery(paths.newKey, { preset: name }),
    isCurrent: name === current,
  }));
}
