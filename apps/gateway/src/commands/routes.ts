import { ModulesContainer, NestFactory } from '@nestjs/core';
import { loadConfig } from '@app/config';
import { AppModule } from '../app.module.js';
import { routeTable } from '../route-table.js';

/** Prints every route with its access class; nothing is started. */
const config = loadConfig({ env: { LITELLM_MASTER_KEY: 'only-to-read-the-route-table' } });
const app = await NestFactory.create(AppModule.forRoot(config, 'postgres://127.0.0.1/none'), {
  preview: true,
  logger: false,
});
const lines = routeTable(app.get(ModulesContainer)).map(
  ({ method, path, access }) => `${method} ${path} ${access}`,
);
process.stdout.write(`${lines.join('\n')}\n`);
process.exit(0);
