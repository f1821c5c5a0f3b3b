import { readFileSync, writeFileSync } from 'node:fs';
import { type INestApplicationContext } from '@nestjs/common';
import { DatabaseService } from '@app/database';
import { KeyAuthenticator, KeysService } from '@app/keys';
import { ModelDiscovery } from '@app/routing';

/** A virtual key that works: the one of the last start where it still does, else a new one. */
export async function demoKey(app: INestApplicationContext, file: string): Promise<string> {
  await app.get(DatabaseService).whenReady();
  await app.get(ModelDiscovery).whenDiscovered();
  const kept = readKept(file);
  const authenticator = app.get(KeyAuthenticator);
  if (kept !== null && (await authenticator.authenticate(kept).catch(() => null))) return kept;
  const { key } = await app.get(KeysService).generate({ user_id: 'demo' }, authenticator.master);
  writeFileSync(file, key, { mode: 0o600 });
  return key;
}

function readKept(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
