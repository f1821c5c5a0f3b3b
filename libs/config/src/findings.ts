import { type SettingInEffect } from './app-config.js';
import { type Place, placeText, type Problem } from './config-error.js';

/** Anything that knows where it was written. */
export interface Located {
  readonly path: string;
  readonly place: Place;
}

/** Collects all that judging finds, so that nobody has to fix mistakes one boot at a time. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly warnings: string[] = [];
  readonly settings: SettingInEffect[] = [];

  problem(at: Located, message: string, remedy: string): null {
    this.problems.push({ ...at.place, path: at.path, message, remedy });
    return null;
  }

  warn(at: Located, sentence: string): null {
    this.warnings.push(`${placeText(at.place, at.path)}: ${sentence}`);
    return null;
  }
}
