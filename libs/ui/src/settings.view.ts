import { GATEWAY_VERSION } from '@app/call';
import { type AppConfig } from '@app/config';
import { type LedgerStats } from '@app/spend';
import { paths } from './paths.js';
import { type Theme } from './preferences.js';
import { plural, shownCount, shownDuration, shownTime } from './shown-values.js';

export interface SettingsPage {
  readonly config: AppConfig;
  readonly loadedAt: Date;
  readonly ledger: LedgerStats;
  readonly theme: Theme;
  readonly done: string;
  /** Why the file was not taken. */
  readonly refused?: string;
}

const THEMES = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

const DONE: Readonly<Record<string, object>> = {
  reloaded: { tone: 'good', icon: 'check', title: 'config.yaml is in effect anew.', text: '' },
  restart: {
    tone: 'warn',
    icon: 'alert',
    title: 'config.yaml is in effect anew.',
    text: 'Some of what changed is read only at the start: restart the gateway for it.',
  },
  saved: { tone: 'good', icon: 'check', title: 'Saved for this browser.', text: '' },
};

const BYTES = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const megabytes = (bytes: number): string => `${BYTES.format(bytes / 1_048_576)} MB`;

export function settingsView({ config, loadedAt, ledger, theme, done, refused }: SettingsPage): object {
  return {
    done: refused
      ? {
          tone: 'bad',
          icon: 'stop',
          isAlert: true,
          title: 'config.yaml was not taken; what was in effect goes on.',
          text: refused,
        }
      : (DONE[done] ?? false),
    reload: { action: '/ui/settings/reload' },
    loadedAt: shownTime(loadedAt, 'moment'),
    count: shownCount(config.settings.length),
    warnings: config.warnings,
    groups: groupsOf(config),
    journal: journalOf(ledger),
    facts: [
      { label: 'Gateway', value: GATEWAY_VERSION },
      { label: 'Up for', value: shownDuration(process.uptime() * 1000) },
      { label: 'Node.js', value: process.versions.node },
      { label: 'Configuration', value: config.configPath },
    ],
    preferences: { action: paths.preferences },
    themes: THEMES.map((one) => ({ ...one, isSelected: one.value === theme })),
  };
}

function groupsOf({ settings }: AppConfig): object[] {
  const groups = Map.groupBy(settings, ({ name }) =>
    name.includes('.') ? (name.split('.')[0] ?? '') : 'Environment',
  );
  return [...groups].map(([title, rows]) => ({
    title,
    rows: rows.map(({ name, value, from }) => ({ name, value: value === '' ? '–' : value, from })),
  }));
}

function journalOf(ledger: LedgerStats): object {
  const { mode, unshippedRows, shipperLagMs, journalBytes, journalCapBytes, deadLetters } = ledger;
  const status =
    mode === 'unavailable'
      ? { tone: 'bad', label: 'Takes nothing' }
      : mode === 'direct'
        ? { tone: 'warn', label: 'Writing directly' }
        : shipperLagMs > 30_000
          ? { tone: 'warn', label: `${shownDuration(shipperLagMs)} behind` }
          : { tone: 'good', label: 'Up to date' };
  const share = journalCapBytes > 0 ? Math.min(journalBytes / journalCapBytes, 1) : 0;
  return {
    status,
    waiting: plural(unshippedRows, 'call waits', { many: 'calls wait' }),
    size: `${megabytes(journalBytes)} of ${megabytes(journalCapBytes)}`,
    bar: { value: share, tone: share >= 1 ? 'bad' : share >= 0.85 ? 'warn' : '' },
    note:
      deadLetters > 0
        ? `${plural(deadLetters, 'row was', { many: 'rows were' })} refused by the database, see spend_dead_letters.`
        : 'Each call is in the journal before its answer ends, and in PostgreSQL as soon as that takes it.',
  };
}
