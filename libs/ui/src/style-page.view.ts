import { barChart } from './bar-chart.view.js';
import { callStatus } from './calls.view.js';
import { timeTicks } from './call-phases.js';
import { fieldsOf } from './forms/form-field.js';
import { formView } from './forms/form.view.js';
import { budgetSection, METADATA, RATE_SECTION } from './forms/limit-sections.js';
import { budgetMeter } from './owners/limits-panel.view.js';
import { sparkline } from './sparkline.view.js';
import { shownTime } from './shown-values.js';

const COLOURS = [
  ...['ink', 'ink-2', 'ink-3', 'accent', 'good', 'warn', 'bad', 'control', 'line-firm', 'line', 'sunken'],
  ...['surface', 'bg'],
];
const SERIES = [1, 2, 3, 4, 5, 6, 7];
const STATUSES = [200, 400, 429, 499, 502];
const FLASHES = [
  { tone: 'good', icon: 'check', title: 'The key is changed.', text: '' },
  { tone: 'warn', icon: 'alert', title: 'A budget is nearly used.', text: 'At 100% calls get 429.' },
  { tone: 'bad', icon: 'stop', title: 'No backend answers.', text: 'Look at its address.' },
];
const BUDGET = 5_000_000_000_000n;

const STATS = [
  {
    label: 'Requests',
    value: '4,107',
    delta: { text: '+12.4%', tone: '' },
    spark: sparkline([3, 5, 4, 8, 7, 9]),
  },
  {
    label: 'Errors',
    value: '0.4%',
    delta: { text: '+0.10 pt', tone: 'bad' },
    spark: sparkline([1, 0, 0, 2, 1, 0]),
  },
  { label: 'First token, p50', value: '284', unit: 'ms', note: 'no change' },
];
const CHART = {
  caption: 'Requests per day by model',
  columnName: 'Day',
  unit: 'request',
  series: ['large', 'small', 'embeddings'],
  columns: [4, 7, 6, 9, 12, 8, 3].map((value, at) => ({
    label: `${at + 1} Nov`,
    values: [value * 10, value * 6, value],
    isOpen: at === 6,
  })),
};

/** Made-up values for each partial; nothing here is of anybody. */
export function styleView(): object {
  const sections = [
    budgetSection('What it may spend.'),
    RATE_SECTION,
    { title: 'More', rows: [METADATA], isMore: true },
  ];
  const [first] = fieldsOf(sections);
  return {
    colours: [
      ...COLOURS.map((name) => ({ name: `--${name}`, fill: `fill-${name}` })),
      ...SERIES.map((number) => ({ name: `--c${number}`, fill: `f${number}` })),
    ],
    statuses: [...STATUSES.map(callStatus), { tone: 'busy', label: 'Streaming', note: '' }],
    badges: ['', 'accent', 'good', 'warn', 'bad'].map((tone) => ({ tone, label: tone || 'plain' })),
    flashes: FLASHES,
    label: 'Numbers',
    stats: STATS,
    meters: [1n, 45n, 50n].map((part) => budgetMeter((BUDGET * part) / 50n, 5)),
    chart: barChart(CHART),
    phases: ['ph-queue', 'ph-load', 'ph-first', 'ph-stream', 'ph-bad'].map((tone, at) => ({
      tone,
      x: at * 18,
      width: 16,
    })),
    ticks: timeTicks(10_000),
    time: shownTime(new Date('2026-01-31T12:00:00.000Z'), 'moment'),
    seg: [1, 7, 30].map((days) => ({ href: '#main', label: `${days} d`, isCurrent: days === 7 })),
    empty: {
      icon: 'key',
      title: 'No keys yet',
      text: 'A key opens the gateway.',
      label: 'Create the first key',
      href: '#main',
    },
    form: formView({
      sections,
      values: {},
      mistakes: { [first?.id ?? '']: 'Write an amount such as 5 or 12.50.' },
    }),
    said: {
      role: 'user',
      text: 'Where is the manual?',
      tools: [{ name: 'search', input: '{"query":"manual"}' }],
    },
  };
}
