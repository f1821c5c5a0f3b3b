/**
 * Loaded into a gateway that runs with `--expose-gc`: on SIGUSR2 it collects all garbage and writes to RESOURCES_FILE what it
 * holds: `{"at": 1, "heapBytes": 1, "rssBytes": 1, "resources": {"TCPSocketWrap": 3, "Timeout": 9}}`.
 */
import { renameSync, writeFileSync } from 'node:fs';

let at = 0;

process.on('SIGUSR2', () => {
  globalThis.gc();
  globalThis.gc();
  const resources = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const { heapUsed: heapBytes, rss: rssBytes } = process.memoryUsage();
  const file = process.env.RESOURCES_FILE;
  at += 1;
  writeFileSync(`${file}.new`, JSON.stringify({ at, heapBytes, rssBytes, resources }));
  renameSync(`${file}.new`, file);
});
