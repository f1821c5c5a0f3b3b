import { parseArgs } from 'node:util';
import { startFasterWhisper } from './faster-whisper.js';
import { startHosted } from './hosted.js';
import { startLangfuse } from './langfuse.js';
import { startLlamaSwap } from './llama-swap.js';
import { startOpenedaiSpeech } from './openedai-speech.js';
import { startSearxng } from './searxng.js';
import type { ListenOptions, StandIn } from './stand-in.js';
import { startStyletts2 } from './styletts2.js';

type Start = (options: ListenOptions) => Promise<StandIn>;
const STAND_INS: Record<string, Start> = {
  'llama-swap': startLlamaSwap,
  'openedai-speech': startOpenedaiSpeech,
  styletts2: startStyletts2,
  'faster-whisper': startFasterWhisper,
  searxng: startSearxng,
  langfuse: startLangfuse,
  hosted: startHosted,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { host: { type: 'string', default: '127.0.0.1' }, 'exit-with-parent': { type: 'boolean' } },
});

const urls: Record<string, string> = {};
for (const wish of positionals) {
  const [name = '', port = '0'] = wish.split('=');
  const start = STAND_INS[name];
  if (start === undefined || !/^\d+$/.test(port)) {
    console.error(`usage: main.js name=port …, with names of ${Object.keys(STAND_INS).join(', ')}`);
    process.exit(2);
  }
  urls[name] = (await start({ port: Number(port), host: values.host })).url;
}

const leave = () => process.exit(0);
process.on('SIGTERM', leave);
process.on('SIGINT', leave);
// The parent holds the other end of stdin: whatever way it dies, the pipe closes.
if (values['exit-with-parent'] === true) process.stdin.on('end', leave).on('close', leave).resume();

console.log(JSON.stringify({ ready: true, ...urls }));
