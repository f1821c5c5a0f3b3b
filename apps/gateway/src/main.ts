import { enableCompileCache } from 'node:module';

// Before anything else is loaded: what V8 made of a thousand files at an earlier start is used again.
enableCompileCache();
await import('./serve.js');
