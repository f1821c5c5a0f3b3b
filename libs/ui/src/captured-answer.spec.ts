import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { CapturedAnswer } from './captured-answer.js';

const anAnswer = (): CapturedAnswer => new CapturedAnswer(new IncomingMessage(new Socket()));

test('an answer that is kept tells its headers, given as a list or as an object', () => {
  const [listed, named] = [anAnswer(), anAnswer()];
  listed.writeHead(201, ['x-litellm-response-cost', '0.5', 'x-other', 'a']);
  named.writeHead(200, { 'x-litellm-response-cost': '0.5' });
  for (const answer of [listed, named]) expect(answer.getHeader('x-litellm-response-cost')).toBe('0.5');
  expect(listed.statusCode).toBe(201);
});

test('an answer that is kept has all of its text', () => {
  const answer = anAnswer();
  answer.write('Hel');
  answer.end(Buffer.from('lo'));
  expect(answer.text).toBe('Hello');
});
