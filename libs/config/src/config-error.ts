/** `EX_CONFIG` of sysexits.h: the exit code of a process that refuses its configuration. */
export const EXIT_CONFIG = 78;

/** Where something was written. `line` and `column` count from 1 and are null outside files. */
export interface Place {
  /** `config.yaml` or `environment`. */
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
}

/** One thing that is wrong, and what to do about it. Never holds the value of a secret. */
export interface Problem extends Place {
  /** `model_list[2].litellm_params.api_base` or `LITELLM_MASTER_KEY`; empty for a whole file. */
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
}

/** `config.yaml:12:5 model_list[2].model_name`, as editors and terminals understand it. */
export function placeText(place: Place, path: string): string {
  const position = place.line === null ? '' : `:${place.line}:${place.column ?? 1}`;
  return `${place.file}${position}${path === '' ? '' : ` ${path}`}`;
}

function problemText(problem: Problem): string {
  return `${placeText(problem, problem.path)}: ${problem.message}\n  → ${problem.remedy}`;
}

/** The configuration cannot be used. Holds every problem at once; the message is meant for a terminal. */
export class ConfigError extends Error {
  readonly exitCode = EXIT_CONFIG;

  constructor(readonly problems: readonly Problem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super(`${count} in the configuration:\n\n${problems.map(problemText).join('\n\n')}`);
    this.name = 'ConfigError';
  }
}
