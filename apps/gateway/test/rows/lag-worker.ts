/** Asks a gateway how it is again and again on one connection, on a thread of its own. What is no 200 took for ever. */
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const EVERY_MS = 4;
const { port, path } = workerData as { readonly port: number; readonly path: string };
const PROBE = `GET ${path} HTTP/1.1\r\nHost: gateway.test\r\n\r\n`;
const taken: number[] = [];
let startedAt = 0;
const socket = connect({ port, host: '127.0.0.1', noDelay: true });
const ask = (): void => {
  startedAt = performance.now();
  socket.write(PROBE);
};
socket.on('connect', () => {
  ask();
  parentPort?.postMessage('ready');
});
socket.on('data', (bytes: Buffer) => {
  const head = bytes.toString('latin1', 0, 12);
  if (!head.startsWith('HTTP/1.1')) return;
  taken.push(head.endsWith(' 200') ? performance.now() - startedAt : Infinity);
  setTimeout(ask, EVERY_MS);
});
socket.on('error', () => undefined);
parentPort?.once('message', () => {
  // A probe that still waits counts for what it has waited.
  taken.push(performance.now() - startedAt);
  parentPort?.postMessage(taken);
  socket.destroy();
});
