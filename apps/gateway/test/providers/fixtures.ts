import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a row has to tell of the tokens of an answer. */
export interface FixtureUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly cached?: number;
  readonly written?: number;
  readonly writtenForAnHour?: number;
  readonly reasoning?: number;
}

interface FixtureAnswer {
  readonly text: string;
  readonly usage: FixtureUsage;
}

/** How one provider is spoken with, as its documentation shows it: one file for each. */
export interface ProviderFixture {
  /** The prefix of `litellm_params.model`, and the folder of the stand-in. */
  readonly provider: string;
  readonly documentation: string;
  /** Where the request has to arrive, with its query. */
  readonly path: string;
  /** What has to arrive where it is not what the client sent. */
  readonly sentBody?: object;
  readonly sentHeaders?: Readonly<Record<string, string>>;
  /** False: it tells the usage of a stream unasked, and refuses to be asked. */
  readonly asksUsage?: boolean;
  readonly whole: FixtureAnswer & { readonly body: object };
  /** Frames of the stream without the empty lines between. */
  readonly stream: FixtureAnswer & { readonly events: readonly string[] };
  readonly error: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: unknown;
    /** What the client is told. */
    readonly shown: {
      readonly status: number;
      readonly message: string;
      readonly type?: string;
      readonly code?: string;
    };
  };
}

/** Every fixture of this folder. */
export function providerFixtures(): ProviderFixture[] {
  const folder = import.meta.dirname;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as ProviderFixture);
}
