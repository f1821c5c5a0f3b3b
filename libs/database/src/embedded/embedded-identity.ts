import { stat } from 'node:fs/promises';

/** `nobody` on Linux and the BSDs. */
const UNPRIVILEGED_ID = 65534;

/** The user that the server runs as; null: the user of this process. */
export type Identity = { readonly uid: number; readonly gid: number } | null;

/** PostgreSQL refuses to run as root: root's server runs as the owner of its cluster, or as nobody. */
export async function identityFor(clusterDir: string): Promise<Identity> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(clusterDir).catch(() => null);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID };
}

/**
 * The working directory is set before the user is switched, so `/proc/self/cwd` reaches a folder
 * below parents which that user may not pass, such as `/root`.
 */
export function dataDirArgument(folder: string, identity: Identity): string {
  return identity && process.platform === 'linux' ? '/proc/self/cwd' : folder;
}
