import { describe, expect, test } from '@jest/globals';
import { BadRequestError, NotFoundError, UnavailableError } from '@app/call';
import { Form } from '../read-form.js';
import { bodyOf, changesOf, newBody, valuesOf } from './form-body.js';
import { type Field, fieldsOf, type FormSection } from './form-field.js';
import { formView } from './form.view.js';
import { budgetSection, METADATA, modelsSection, RATE_SECTION, TAGS } from './limit-sections.js';
import { mistakesFrom, mistakesIn, postedValues } from './read-values.js';
import { submitForm } from './submit-form.js';

const SECTIONS: readonly FormSection[] = [
  {
    title: 'Who',
    rows: [{ id: 'alias', wire: 'key_alias', label: 'Name', kind: 'text', missing: 'Write a name.' }],
  },
  modelsSection(['gpt-4', 'tts-1'], ''),
  budgetSection(''),
  RATE_SECTION,
  { title: 'More', rows: [TAGS, METADATA], isMore: true },
];
const FIELDS = fieldsOf(SECTIONS);
const posted = (fields: Record<string, string>) => new Form(new URLSearchParams(fields));
const values = (fields: Record<string, string>) => postedValues(FIELDS, posted(fields));

describe('what was typed', () => {
  test('becomes the body that the API gets, without what says nothing', () => {
    const typed = {
      alias: 'LibreChat',
      models: 'gpt-4',
      more_models: 'qwen*, gpt-4',
      budget: '5.50',
      period: '1mo',
      rpm: '60',
      tags: 'chat, home,',
      metadata: '{"floor": 3}',
    };
    expect(newBody(FIELDS, values(typed))).toEqual({
      key_alias: 'LibreChat',
      models: ['gpt-4', 'qwen*'],
      max_budget: '5.50',
      budget_duration: '1mo',
      rpm_limit: 60,
      metadata: { floor: 3, tags: ['chat', 'home'] },
    });
  });

  test('names no period where there is no budget', () => {
    expect(newBody(FIELDS, values({ alias: 'a', period: '1mo' }))).toEqual({ key_alias: 'a' });
  });

  test.each<[string, Record<string, string>, string]>([
    ['an empty name', { alias: '' }, 'alias'],
    ['a long name', { alias: 'x'.repeat(201) }, 'alias'],
    ['a budget in words', { alias: 'a', budget: '5,0 €' }, 'budget'],
    ['a negative budget', { alias: 'a', budget: '-1' }, 'budget'],
    ['half a request', { alias: 'a', rpm: '0.5' }, 'rpm'],
    ['more requests than can be counted', { alias: 'a', rpm: '99999999999' }, 'rpm'],
    ['a list instead of an object', { alias: 'a', metadata: '[1]' }, 'metadata'],
    ['a period that is none', { alias: 'a', period: 'soon' }, 'period'],
  ])('is refused at its field for %s', (_, fields, id) => {
    expect(Object.keys(mistakesIn(FIELDS, values(fields)))).toEqual([id]);
  });

  test('may be a period that no list offers', () => {
    expect(mistakesIn(FIELDS, values({ alias: 'a', period: '45d' }))).toEqual({});
  });
});

describe('a row that is there', () => {
  const row = {
    key_alias: 'a',
    models: ['gpt-4', 'qwen*'],
    max_budget: 0.1,
    soft_budget: null,
    budget_duration: '45d',
    rpm_limit: 5,
    metadata: { tags: ['x'], model_rpm_limit: { 'gpt-4': 1 }, floor: 3 },
  };

  test('fills the fields, tags beside the metadata', () => {
    expect(valuesOf(FIELDS, row)).toMatchObject({
      alias: 'a',
      models: ['gpt-4', 'qwen*'],
      budget: '0.1',
      soft_budget: '',
      period: '45d',
      rpm: '5',
      tags: 'x',
      metadata: '{\n  "floor": 3\n}',
    });
  });

  test('is changed only in what differs, and null takes a limit away', () => {
    const before = valuesOf(FIELDS, row);
    expect(changesOf(FIELDS, before, before)).toEqual({});
    expect(changesOf(FIELDS, before, { ...before, rpm: '', budget: '', tags: '' })).toEqual({
      rpm_limit: null,
      max_budget: null,
      budget_duration: null,
      metadata: { floor: 3 },
    });
  });

  test('says of every field something, for who replaces all of it', () => {
    expect(Object.values(bodyOf(FIELDS, valuesOf(FIELDS, row)))).not.toContain(undefined);
  });
});

describe('a refusal of a service', () => {
  const fields: readonly Field[] = FIELDS;

  test('stands at the field that it names', () => {
    const error = new BadRequestError('That name is taken.', 'key_alias');
    expect(mistakesFrom(error, fields)).toEqual({ mistakes: { alias: 'That name is taken.' }, general: '' });
  });

  test('of something else stands above the form', () => {
    expect(mistakesFrom(new NotFoundError('No such team.', 'team_id'), fields).general).toBe('No such team.');
  });

  test('keeps what was typed', async () => {
    const refused = await submitForm(fields, posted({ alias: 'a', rpm: '7' }), () =>
      Promise.reject(new BadRequestError('No.', 'rpm_limit')),
    );
    expect(refused).toMatchObject({ values: { alias: 'a', rpm: '7' }, mistakes: { rpm: 'No.' } });
  });

  test('is no form again when the database is away', async () => {
    const away = submitForm(fields, posted({ alias: 'a' }), () =>
      Promise.reject(new UnavailableError('Away.')),
    );
    await expect(away).rejects.toThrow('Away.');
  });
});

describe('the form on its page', () => {
  test('opens what is folded where something stands in it', () => {
    const view = (fields: Record<string, string>) =>
      formView({ sections: SECTIONS, values: values(fields) }) as { sections: { isOpen: boolean }[] };
    expect(view({}).sections.at(-1)?.isOpen).toBe(false);
    expect(view({ tags: 'a' }).sections.at(-1)?.isOpen).toBe(true);
  });

  test('offers what is chosen though no list has it', () => {
    const state = valuesOf(FIELDS, { models: ['gone'], budget_duration: '45d' });
    const text = JSON.stringify(formView({ sections: SECTIONS, values: state }));
    expect(text).toContain('{"value":"gone","label":"gone","isChosen":true}');
    expect(text).toContain('{"value":"45d","label":"Every 45d","isSelected":true}');
  });

  test('never shows a secret again', () => {
    const secret: Field = { id: 'api_key', wire: 'api_key', label: 'Key', kind: 'secret' };
    const view = formView({ sections: [{ title: '', rows: [secret] }], values: { api_key: 'sk-canary' } });
    expect(JSON.stringify(view)).not.toContain('canary');
  });
});
