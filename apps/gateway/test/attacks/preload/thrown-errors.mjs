/**
 * Loaded into a gateway: when the file THROW_FILE appears, an error that nobody catches is thrown where it says: `timer`,
 * `promise` or `stream`. Of several processes the one throws that finds the file first.
 */
import { readFileSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';

const WAYS = {
  timer: () => {
    throw new Error('thrown on purpose, in a timer');
  },
  promise: () => void Promise.reject(new Error('thrown on purpose, in a promise')),
  stream: () => void new Readable({ read() {} }).destroy(new Error('thrown on purpose, in a stream')),
};

function look() {
  let way;
  try {
    way = readFileSync(process.env.THROW_FILE, 'utf8');
    rmSync(process.env.THROW_FILE);
  } catch {
    return;
  }
  WAYS[way]();
}

// The process that only looks after others answers no calls: it has nothing to throw.
if (process.env.THROW_FILE && (process.env.WORKERS === undefined || process.send))
  setInterval(look, 20).unref();
