import { type SettingInEffect } from './app-config.js';
import { type Place, placeText, type Problem } from './config-error.js';

/** Anything that knows where it was written. */
export interface Located {
  readonly path: string;
  readonly place: Place;
}

/** Collects all that judging finds, each thing once, so that nobody has to fix mistakes one boot at a time. */
export class Findings {
  readonly #problems = new Map<string, Problem>();
  readonly #warnings = new Set<string>();
  readonly settings: SettingInEffect[] = [];

  get problems(): Problem[] {
    return [...this.#problems.values()];
  }

  get warnings(): string[] {
    return [...this.#warnings];
  }

  /** Gives null, for the value that cannot be had. */
  problem(at: Located, message: string, remedy: string): null {
    const problem = { ...at.place, path: at.path, message, remedy };
    this.#problems.set(`${placeText(at.place, at.path)}: ${message}`, problem);
    return null;
  }

  warn(at: Located, sentence: string): null {
    this.#warnings.add(`${placeText(at.place, at.path)}: ${sentence}`);
    return null;
  }
}
