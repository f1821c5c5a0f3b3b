import { globSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';

let flawOf: (text: string) => string | null;

beforeAll(async () => {
  const rules = (await import(pathToFileURL('views/template-rules.mjs').href)) as { flawOf: typeof flawOf };
  ({ flawOf } = rules);
});

describe('a template is refused by the build', () => {
  test.each([
    ['<p>{{{name}}}</p>', 'unescaped output'],
    ['<p>{{&name}}</p>', 'unescaped output'],
    ['<p>{{~&name}}</p>', 'unescaped output'],
    ['<p class={{name}}></p>', 'an attribute value without quotes'],
    ['<script>const name = "{{name}}";</script>', 'an inline script'],
    ['<SCRIPT type="module">{{name}}</SCRIPT>', 'an inline script'],
    ['<style>p { color: {{color}} }</style>', 'an inline style sheet'],
    ['<p style="color: {{color}}"></p>', 'an inline handler or style'],
    ['<p onclick="go({{id}})"></p>', 'an inline handler or style'],
    ['<a href="{{url}}">x</a>', 'a URL that is not called href, action or asset'],
    ['<form action="{{target}}"></form>', 'a URL that is not called href, action or asset'],
    ['<button formaction="{{this.target}}"></button>', 'a URL that is not called href, action or asset'],
    ['<img src="{{picture}}">', 'a URL that is not called href, action or asset'],
    ['<a href="javascript:void 0">x</a>', 'a javascript: URL'],
  ])('%s: %s', (text, reason) => {
    expect(flawOf(text)).toMatch(new RegExp(`^${reason}: `));
  });

  test('unless it has nothing of the kind', () => {
    expect(
      flawOf('<a href="{{row.href}}" class="{{name}}">{{name}}</a><script src="{{js.asset}}"></script>'),
    ).toBeNull();
  });
});

test('no template that there is has a flaw', () => {
  const files = globSync('views/**/*.hbs');
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter((file) => flawOf(readFileSync(file, 'utf8')) !== null)).toEqual([]);
});

test('what runs escapes whatever a page shows, and has no compiler with it', () => {
  const views = readFileSync('dist/libs/ui/src/views.js', 'utf8');
  expect(views).toContain('handlebars/runtime');
  const sources = globSync(['dist/libs/**/*.js', 'dist/apps/gateway/**/*.js']);
  const having = (pattern: RegExp) => sources.filter((file) => pattern.test(readFileSync(file, 'utf8')));
  expect(having(/from ['"]handlebars['"]|\bSafeString\b|\bnoEscape\b/)).toEqual([]);
  expect(readFileSync('dist/views/templates.mjs', 'utf8')).not.toContain('noEscape');
});
