/** Asks a gateway for its liveness again and again on one connection, on a thread of its own. */
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const EVERY_MS = 4;
const PROBE = 'GET /health/liveliness HTTP/1.1\r\nHost: gateway.test\r\n\r\n';

const { port } = workerData as { readonly port: number };
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
socket.on('data', () => {
  taken.push(performance.now() - startedAt);
  setTimeout(ask, EVERY_MS);
});
socket.on('error', () => undefined);
parentPort?.once('message', () => {
  // A probe that still waits counts for what it has waited.
  taken.push(performance.now() - startedAt);
  parentPort?.postMessage(taken);
  socket.destroy();
});
