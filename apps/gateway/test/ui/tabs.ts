import { type Browser } from 'playwright-core';
import { Window } from './window.ts';

/** Several windows of one visitor, side by side: while one waits for the gateway another is drawn. */
export class Tabs {
  readonly #windows: readonly Window[];

  private constructor(windows: readonly Window[]) {
    this.#windows = windows;
  }

  static async open(browser: Browser, base: string, count = 3): Promise<Tabs> {
    const first = await Window.open(browser, base);
    const others = Array.from({ length: count - 1 }, () => first.another());
    return new Tabs([first, ...(await Promise.all(others))]);
  }

  /** What `work` found for each, in their order. What it throws is found too. */
  async each<T>(
    list: readonly T[],
    work: (window: Window, one: T) => Promise<string[]>,
  ): Promise<string[][]> {
    const found: string[][] = list.map(() => []);
    let next = 0;
    const turn = async (window: Window): Promise<void> => {
      for (let at = next++; at < list.length; at = next++) {
        found[at] = await work(window, list[at] as T).catch((error: unknown) => [String(error)]);
      }
    };
    await Promise.all(this.#windows.map(turn));
    return found;
  }

  close(): Promise<void> {
    return this.#windows[0]?.close() ?? Promise.resolve();
  }
}
