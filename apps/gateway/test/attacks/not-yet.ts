/** Lines of the attack list whose target does not exist yet, with what they wait for. */
export const NOT_YET: Readonly<Record<string, string>> = {
  X081: 'multipart: the doors for audio',
  X086: 'filters with patterns: the log pages',
  X088: 'pages and cursors: lists with pages',
  X093: 'keys restricted by routes: the rest of governance',
  X101: 'exactness of budgets under concurrency',
  X102: 'a budget lowered under load: key updates',
  X105: 'timing of the key comparison: needs 100,000 samples on a quiet machine',
  X106: 'login limits: the admin pages',
  X108: 'sessions: the admin pages',
  X109: 'two tenants, one prompt: the response cache',
  'X111–X123': 'the admin pages (X115 and X121 run here as far as the API goes)',
  X137: 'DNS rebinding: needs a name server of the test’s own; the address gate has specs in libs/upstream',
  X138: 'hostile search results: the search tool',
  X140: 'Langfuse’s half: the callback; PostgreSQL stopped is row D1',
  X145: 'clock jumps: needs libfaketime',
};
