import { describe, expect, test } from '@jest/globals';
import { type StoredRow, toSpendLogRow } from './spend-log-row.js';

const TEXTS = new Map([
  [1, 'hash'],
  [2, 'alias'],
  [3, 'user'],
  [4, 'team'],
  [5, 'acompletion'],
  [6, '/v1/chat/completions'],
  [7, 'deployment'],
  [8, 'upstream-model'],
  [9, 'group'],
  [10, 'openai'],
  [11, 'http://127.0.0.1:9/v1'],
  [12, 'prices'],
]);
const text = (code: number | null) => TEXTS.get(code ?? -1) ?? null;

function stored(changes: Partial<StoredRow> = {}): StoredRow {
  return {
    started_at: new Date('2026-02-01T10:00:00.000Z'),
    id: '01a20a92-3846-7745-9e67-000000000001',
    cost_pico_usd: '37500000',
    duration_ms: 1_500,
    time_to_first_token_ms: 250,
    overhead_ms: 2,
    queue_ms: null,
    prompt_tokens: 9,
    cached_tokens: 4,
    cache_write_tokens: null,
    cache_write_hour_tokens: null,
    completion_tokens: 12,
    reasoning_tokens: 5,
    audio_ms: null,
    characters: null,
    key_code: 1,
    key_alias_code: 2,
    user_code: 3,
    team_code: 4,
    call_type_code: 5,
    route_code: 6,
    deployment_code: 7,
    model_code: 8,
    model_group_code: 9,
    provider_code: 10,
    api_base_code: 11,
    price_code: 12,
    plan_code: null,
    load_ms: null,
    limits_code: null,
    limits_left: null,
    status: 200,
    attempts: 1,
    streamed: true,
    estimated: false,
    unpriced: false,
    call_id: 'call',
    response_id: 'chatcmpl',
    asked_model: null,
    end_user: null,
    client_address: null,
    tags: null,
    error_type: null,
    error_message: null,
    cache_hit: null,
    cache_key: null,
    ...changes,
  };
}
const row = (changes?: Partial<StoredRow>) => toSpendLogRow(stored(changes), text);

describe('a row as the contract shows it', () => {
  test('goes by the response id when it succeeded, else by the call id', () => {
    expect(row().request_id).toBe('chatcmpl');
    expect(row({ response_id: null }).request_id).toBe('call');
    expect(row({ status: 500 }).request_id).toBe('call');
  });

  test('without a call id of its own goes by ours', () => {
    expect(row({ response_id: null, call_id: null }).request_id).toBe('01a20a92-3846-7745-9e67-000000000001');
  });

  test('counts its times from the start', () => {
    expect(row()).toMatchObject({
      startTime: '2026-02-01T10:00:00.000Z',
      completionStartTime: '2026-02-01T10:00:00.250Z',
      endTime: '2026-02-01T10:00:01.500Z',
    });
    expect(row({ time_to_first_token_ms: null }).completionStartTime).toBeNull();
  });

  test('names the upstream model when it succeeded, and the group', () => {
    expect(row()).toMatchObject({ model: 'upstream-model', model_group: 'group', status: 'success' });
  });

  test('names what was asked for when it failed, or when that was not the group', () => {
    expect(row({ status: 502 })).toMatchObject({ model: 'group', model_group: 'group', status: 'failure' });
    expect(row({ status: 400, asked_model: 'made-up', model_group_code: null })).toMatchObject({
      model: 'made-up',
      model_group: 'made-up',
    });
    expect(row({ asked_model: 'openai/x' })).toMatchObject({
      model: 'upstream-model',
      model_group: 'openai/x',
    });
  });

  test('what is missing is empty or null, as LiteLLM has it', () => {
    const bare = row({
      user_code: null,
      team_code: null,
      deployment_code: null,
      provider_code: null,
      api_base_code: null,
    });
    expect(bare).toMatchObject({
      user: '',
      team_id: null,
      model_id: '',
      custom_llm_provider: '',
      api_base: '',
    });
    expect(bare).toMatchObject({ end_user: '', request_tags: [], requester_ip_address: null });
  });

  test('tells of tokens in detail', () => {
    expect(row().metadata['usage_object']).toEqual({
      prompt_tokens: 9,
      completion_tokens: 12,
      total_tokens: 21,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 5 },
    });
  });

  test('tells what was written to a prompt cache, in the words of LiteLLM', () => {
    const usage = row({ cache_write_tokens: 5, cache_write_hour_tokens: 2 }).metadata['usage_object'];
    expect(usage).toMatchObject({
      cache_creation_input_tokens: 5,
      cache_read_input_tokens: 4,
      prompt_tokens_details: {
        cached_tokens: 4,
        cache_creation_tokens: 5,
        cache_creation_token_details: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 2 },
      },
    });
  });

  test('tells of audio and characters where there are any', () => {
    expect(row({ audio_ms: 1_250, characters: 7 }).metadata['additional_usage_values']).toEqual({
      audio_seconds: 1.25,
      characters: 7,
    });
    expect(row().metadata['additional_usage_values']).toEqual({});
  });

  test('a failure has its error, a success none', () => {
    expect(
      row({ status: 502, error_type: 'upstream_error', error_message: 'gone' }).metadata['error_information'],
    ).toEqual({
      error_code: '502',
      error_class: 'upstream_error',
      llm_provider: 'openai',
      traceback: '',
      error_message: 'gone',
    });
    expect(row().metadata['error_information']).toBeNull();
  });

  test('a large amount is exact to 15 digits', () => {
    expect(row({ cost_pico_usd: '123456789012345' }).spend).toBe(123.456789012345);
  });
});
