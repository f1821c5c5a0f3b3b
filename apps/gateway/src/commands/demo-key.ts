import { readFileSync, writeFileSync } from 'node:fs';
import { type INestApplicationContext } from '@nestjs/common';
import { ANONYMOUS } from '@app/call';
import { ConfigStore } from '@app/config';
import { DatabaseService } from '@app/database';
import { KeyAuthenticator, KeysService } from '@app/keys';
import { ModelDiscovery } from '@app/routing';

/** A virtual key that works: the one of the last start where it still does, else a new one. */
export async function demoKey(app: INestApplicationContext, file: string): Promise<string> {
  await app.get(DatabaseService).whenReady();
  await app.get(ModelDiscovery).whenDiscovered();
  const authenticator = app.get(KeyAuthenticator);
  const kept = readKept(file);
  if (kept !== null && (await works(authenticator, kept))) return kept;
  const master = authenticator.recall(app.get(ConfigStore).current.masterKey.reveal()) ?? ANONYMOUS;
  const actor = { caller: master, address: '127.0.0.1', changedBy: null };
  const { key } = await app.get(KeysService).generate({ user_id: 'demo' }, actor);
  writeFileSync(file, key, { mode: 0o600 });
  return key;
}

async function works(authenticator: KeyAuthenticator, key: string): Promise<boolean> {
  try {
    if (!authenticator.recall(key)) await authenticator.lookUp(key);
    return true;
  } catch {
    return false;
  }
}

function readKept(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
