import { readFile } from 'node:fs/promises';
import type Handlebars from 'handlebars';
import runtime from 'handlebars/runtime.js';
import { paths } from './paths.js';
import { safeModel } from './safe-model.js';

/** The build writes it; sources find it in the last build. */
const FOLDER = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/views/' : '../../../views/',
  import.meta.url,
);

interface Built {
  readonly templates: Readonly<Record<string, TemplateSpecification>>;
  /** File name in `views/assets` to its name with the hash of its content. */
  readonly assets: Readonly<Record<string, string>>;
}

export interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The templates and assets, all in memory. */
export class Views {
  /** The runtime alone: no template is ever compiled here. */
  private readonly engine = (runtime as unknown as typeof Handlebars).create();
  private readonly pages = new Map<string, HandlebarsTemplateDelegate>();

  private constructor(
    built: Built,
    private readonly files: ReadonlyMap<string, Asset>,
  ) {
    this.assetNames = built.assets;
    for (const [name, specification] of Object.entries(built.templates)) {
      const template = this.engine.template<object>(specification);
      if (name.startsWith('pages/')) this.pages.set(name.slice('pages/'.length), template);
      else this.engine.registerPartial(name, template);
    }
  }

  private readonly assetNames: Readonly<Record<string, string>>;

  /** @throws Error where the build has not written them */
  static async load(): Promise<Views> {
    const built = (await import(new URL('templates.mjs', FOLDER).href)) as Built;
    const files = new Map<string, Asset>();
    for (const name of Object.values(built.assets)) {
      const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
      files.set(name, { type, bytes: await readFile(new URL(`assets/${name}`, FOLDER)) });
    }
    return new Views(built, files);
  }

  /** The HTML of `views/pages/<page>.hbs`; every value of `model` is made safe first. */
  render(page: string, model: object): string {
    const template = this.pages.get(page);
    if (!template) throw new Error(`There is no page ${page}.`);
    return template(safeModel(model));
  }

  /** The URL of an asset, by its name in `views/assets`. */
  assetUrl(name: string): string {
    return `${paths.assets}/${this.assetNames[name] ?? name}`;
  }

  /** By the name with the hash. */
  asset(name: string): Asset | undefined {
    return this.files.get(name);
  }
}
