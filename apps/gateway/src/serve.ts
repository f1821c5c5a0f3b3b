import { type AppConfig, loadConfig, readEnvironment } from '@app/config';
import { exitWith } from './exit-with.js';
import { WorkerLink } from './workers/worker-link.js';

const config = readConfig();
const link = WorkerLink.ofThisProcess();
// What only the other way needs is not loaded.
if (config.workers > 1 && link === null) {
  const { runWorkers } = await import('./workers/run-workers.js');
  await runWorkers(config);
} else {
  const { runProcess } = await import('./process.js');
  await runProcess(() => Promise.resolve(config), { link });
}

function readConfig(): AppConfig {
  try {
    return loadConfig({ env: readEnvironment() });
  } catch (error) {
    exitWith(error);
  }
}
