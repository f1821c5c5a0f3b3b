import { expect, test } from '@jest/globals';
import { transcriptionUsage } from './transcription-usage.js';

const FILE = { seconds: 3, isEstimated: false };

test('the seconds that the backend heard are charged, before those that the file tells', () => {
  expect(transcriptionUsage({ duration: 2.5 }, FILE, 60)).toMatchObject({
    audioSeconds: 2.5,
    estimated: false,
  });
  expect(transcriptionUsage({ usage: { seconds: '2' } }, FILE, 60)).toMatchObject({ audioSeconds: 2 });
  expect(transcriptionUsage({}, FILE, 60)).toMatchObject({ audioSeconds: 3, estimated: false });
});

test('more seconds than the file can play are not believed, whether the backend or the file tells of them', () => {
  expect(transcriptionUsage({ duration: 30_000_000 }, FILE, 60)).toMatchObject({ audioSeconds: 3 });
  const lying = { seconds: 4_000_000_000, isEstimated: false };
  expect(transcriptionUsage({ duration: 61 }, lying, 60)).toMatchObject({
    audioSeconds: 60,
    estimated: true,
  });
});
