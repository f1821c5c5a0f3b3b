import { byAttacks } from './inputs.ts';
import { type Row } from './row.ts';

/** Rows of the doors that take forms, searches and paths straight to a backend. */
export const AUDIO_AND_SEARCH_ROWS: readonly Row[] = [
  byAttacks(
    { id: 'B6', promise: 'forms that are bombs are refused', bar: '400/413 within 1 s, no file left' },
    ['X081'],
  ),
  byAttacks(
    {
      id: 'L3',
      promise: 'a hostile search engine does no harm',
      bar: 'the request completes; at most ten results, nothing fetched',
    },
    ['X138'],
  ),
  byAttacks(
    { id: 'W8', promise: 'a pass-through cannot script our origin', bar: 'sandboxed, no cookie, no page' },
    ['X118'],
  ),
];
