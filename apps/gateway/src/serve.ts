import { loadConfig, readEnvironment } from '@app/config';
import { runProcess } from './process.js';

await runProcess(() => Promise.resolve(loadConfig({ env: readEnvironment() })));
