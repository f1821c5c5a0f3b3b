import { describe, expect, test } from '@jest/globals';
import { transcribe } from './transcript.js';
import { wordTranscript } from './transcript-formats.js';

const spoken = Buffer.from('RIFF....TEXT:<one two three four five six seven eight nine ten>....');
const transcript = transcribe(spoken, 10, 'de');

describe('transcribe', () => {
  test('hears the text that the recording carries', () => {
    expect(transcript.text).toBe('one two three four five six seven eight nine ten');
  });

  test('hears how long a recording is that carries none', () => {
    expect(transcribe(Buffer.alloc(10), 3.4, 'en').text).toBe('audio of 3 seconds');
  });

  test('spreads the words over the whole length, eight a segment', () => {
    const { segments } = transcript;
    expect(segments.map(({ start, end }) => [start, end])).toEqual([
      [0, 8],
      [8, 10],
    ]);
    expect(
      segments
        .map((segment) => segment.text)
        .join('')
        .trim(),
    ).toBe(transcript.text);
  });
});

describe('wordTranscript', () => {
  test('json has null members', () => {
    expect(wordTranscript(transcript, 'json', false)).toEqual({
      type: 'application/json',
      body: JSON.stringify({ text: transcript.text, logprobs: null, usage: null }),
    });
  });

  test('text is bare', () => {
    expect(wordTranscript(transcript, 'text', false).body).toBe(transcript.text);
  });

  test('verbose_json has words only when they were asked for', () => {
    const read = (words: boolean) =>
      JSON.parse(wordTranscript(transcript, 'verbose_json', words).body) as object;
    expect(read(false)).toMatchObject({ duration: 10, language: 'de', words: null });
    expect(read(true)).toMatchObject({
      words: [{ word: ' one', start: 0, end: 1 }, ...new Array<object>(9).fill({})],
    });
  });

  test('srt is numbered from one, with commas in its times', () => {
    expect(wordTranscript(transcript, 'srt', false).body).toBe(
      '1\n00:00:00,000 --> 00:00:08,000\none two three four five six seven eight\n\n' +
        '2\n00:00:08,000 --> 00:00:10,000\nnine ten\n\n',
    );
  });

  test('vtt has a header and dots in its times', () => {
    const { body, type } = wordTranscript(transcript, 'vtt', false);
    expect(type).toBe('text/vtt; charset=utf-8');
    expect(body.startsWith('WEBVTT\n\n00:00:00.000 --> 00:00:08.000\none ')).toBe(true);
  });

  test('times beyond an hour are written out', () => {
    const long = transcribe(Buffer.from('TEXT:<end>'), 3725.5, 'en');
    expect(wordTranscript(long, 'srt', false).body).toContain('01:02:05,500');
  });
});
