import { expect, test } from '@jest/globals';
import { expositionFor, OPENMETRICS_FORMAT, TEXT_FORMAT } from './exposition.js';

test.each([
  [undefined, TEXT_FORMAT],
  ['*/*', TEXT_FORMAT],
  ['text/plain;version=0.0.4;q=0.5,*/*;q=0.1', TEXT_FORMAT],
  ['application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2', OPENMETRICS_FORMAT],
  ['text/plain, application/openmetrics-text', OPENMETRICS_FORMAT],
  ['application/openmetrics-text;q=0', TEXT_FORMAT],
  ['application/openmetrics-text; q=0.0; version=1.0.0', TEXT_FORMAT],
  ['application/openmetrics-textual', TEXT_FORMAT],
])('who accepts %j gets %s', (accept, format) => {
  expect(expositionFor(accept)).toBe(format);
});
