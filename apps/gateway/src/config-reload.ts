import { Logger } from '@nestjs/common';
import { statSync } from 'node:fs';
import { type ConfigStore } from '@app/config';

const CHECK_MS = 1_000;

/**
 * Takes config.yaml anew when one of its files changes, or when it is told to. A configuration that cannot be used
 * leaves the old one in effect, and the log says why.
 */
export class ConfigReload {
  readonly #logger = new Logger('Configuration');
  #timer: NodeJS.Timeout | undefined;
  #seen: string;
  #changing: string | null = null;

  constructor(private readonly config: ConfigStore) {
    this.#seen = this.#fingerprint();
  }

  /** Looks at the files every second: that works for every editor, and for files that are mounted into a container. */
  watch(): void {
    this.#timer = setInterval(() => this.check(), CHECK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reloads once the files have changed and then stayed the same from one look to the next. */
  check(): void {
    const now = this.#fingerprint();
    if (now === this.#seen) {
      this.#changing = null;
    } else if (now === this.#changing) {
      this.reload();
    } else {
      this.#changing = now;
    }
  }

  /** False: the old configuration stays. */
  reload(): boolean {
    // Taken before the files are read: what changes meanwhile is seen at the next look.
    this.#seen = this.#fingerprint();
    this.#changing = null;
    const result = this.config.reload();
    if (!result.ok) {
      this.#logger.error(`The old configuration stays in effect. ${result.error.message}`);
      return false;
    }
    for (const warning of result.config.warnings) this.#logger.warn(warning);
    const later =
      result.needsRestart.length > 0 ? ` Needs a restart: ${result.needsRestart.join(', ')}.` : '';
    this.#logger.log(`The configuration was read anew and is in effect.${later}`);
    return true;
  }

  #fingerprint(): string {
    return this.config.current.configFiles.map(stampOf).join('\n');
  }
}

/** Editors replace a file by another of the same name: the inode changes though the size does not. */
function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${path} ${stat.ino} ${stat.size} ${stat.mtimeMs}` : path;
}
