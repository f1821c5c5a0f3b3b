import { describe, expect, test } from '@jest/globals';
import { type AccessClass } from '@app/call';
import { allowsRoute, isPublicRoute } from './allowed-routes.js';

const route = (template: string, access: AccessClass = 'inference') => ({ template, access });
const chat = route('/v1/chat/completions');

describe('allowed_routes', () => {
  test('allow everything when there are none', () => {
    expect(allowsRoute([], chat)).toBe(true);
  });

  test.each([
    '/v1/chat/completions',
    '/v1/chat',
    '/v1',
    '/v1/*',
    '/v1/ch*',
    '*',
    '/*',
    'openai_routes',
    'llm_api_routes',
  ])('%s allows chat', (entry) => {
    expect(allowsRoute([entry], chat)).toBe(true);
  });

  test.each([
    '/v1/chat/completion',
    '/v1/chat/completions/x',
    '/v1/chat/completions/*',
    '/v1/cha',
    '/V1/CHAT/COMPLETIONS',
    'v1/chat/completions',
    '/v1/embeddings',
    'management_routes',
    'info_routes',
    'anthropic_routes',
    'constructor',
    '__proto__',
    '',
  ])('%j does not', (entry) => {
    expect(allowsRoute([entry], chat)).toBe(false);
  });

  test('one entry of several is enough', () => {
    expect(allowsRoute(['/v1/embeddings', 'info_routes', '/v1/chat/completions'], chat)).toBe(true);
  });

  test.each<[string, string, AccessClass]>([
    ['info_routes', '/key/info', 'self'],
    ['info_routes', '/v1/models', 'inference'],
    ['management_routes', '/key/generate', 'admin'],
    ['management_routes', '/key/info', 'self'],
    ['management_routes', '/user/new', 'admin'],
    ['spend_tracking_routes', '/spend/logs', 'self'],
    ['global_spend_tracking_routes', '/global/spend/keys', 'admin'],
    ['anthropic_routes', '/v1/messages', 'inference'],
    ['anthropic_routes', '/v1/messages/count_tokens', 'inference'],
  ])('%s contain %s', (entry, template, access) => {
    expect(allowsRoute([entry], route(template, access))).toBe(true);
  });

  test.each<[string, string, AccessClass]>([
    ['llm_api_routes', '/key/generate', 'admin'],
    ['llm_api_routes', '/key/info', 'self'],
    ['info_routes', '/key/generate', 'admin'],
    ['management_routes', '/keys', 'admin'],
    ['spend_tracking_routes', '/global/spend', 'admin'],
  ])('%s do not contain %s', (entry, template, access) => {
    expect(allowsRoute([entry], route(template, access))).toBe(false);
  });
});

describe('public_routes', () => {
  test('open a path exactly, or all below a prefix', () => {
    expect(isPublicRoute(['/v1/models'], '/v1/models')).toBe(true);
    expect(isPublicRoute(['/v1/*'], '/v1/models')).toBe(true);
  });

  test.each([
    ['/v1/models', '/v1/models/:id'],
    ['/v1/model', '/v1/models'],
    ['/v1/*', '/v1'],
    ['/v1*', '/v1/models'],
    ['', '/'],
    ['*', '/v1/models'],
  ])('%j does not open %s', (entry, template) => {
    expect(isPublicRoute([entry], template)).toBe(false);
  });
});
