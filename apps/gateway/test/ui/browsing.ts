import { request } from 'undici';
import { type Gateway, MASTER_KEY } from '../harness.ts';
import { hear } from '../harness/heard.ts';
import { keepSecretsOfForm, keepShownSecret } from '../harness/secrets.ts';

export interface Shown {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** What a browser does, without one: keeps its cookie and says where its forms come from. */
export class Visitor {
  cookie = '';
  csrf = '';

  readonly base: string;

  constructor(base: string) {
    this.base = base;
  }

  static async signedIn(gateway: Gateway, key = MASTER_KEY): Promise<Visitor> {
    const visitor = new Visitor(gateway.url);
    const answer = await visitor.post('/ui/login', { key });
    if (answer.status !== 303) throw new Error(`login: ${answer.status}`);
    await visitor.get('/ui/keys');
    return visitor;
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Shown> {
    const shown = await this.send('GET', path, headers);
    this.csrf = /name="csrf" value="([^"]+)"/.exec(shown.text)?.[1] ?? this.csrf;
    return shown;
  }

  /** Posts a form with the session's token; `headers` replace what a browser would say. */
  async post(
    path: string,
    fields: Fields,
    headers: Readonly<Record<string, string>> = { origin: this.base, 'sec-fetch-site': 'same-origin' },
  ): Promise<Shown> {
    const pairs = isList(fields) ? fields.map((pair) => [...pair]) : Object.entries(fields);
    const token = pairs.some(([name]) => name === 'csrf') ? [] : [['csrf', this.csrf]];
    const body = new URLSearchParams([...token, ...pairs]).toString();
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const shown = await this.send('POST', path, { ...type, ...headers }, body);
    keepSecretsOfForm(path, Object.fromEntries(pairs) as object, shown.text);
    return shown;
  }

  /** Posts as the script of the playground does. */
  postJson(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Shown> {
    const own = {
      'content-type': 'application/json',
      'x-csrf-token': this.csrf,
      origin: this.base,
      'sec-fetch-site': 'same-origin',
    };
    return this.send('POST', path, { ...own, ...headers }, JSON.stringify(body));
  }

  /** Posts a form with a file, its fields before the file. */
  postFile(path: string, fields: Readonly<Record<string, string>>): Promise<Shown> {
    const parts = Object.entries({ csrf: this.csrf, ...fields }).map(
      ([name, value]) => `--edge\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    const file =
      '--edge\r\ncontent-disposition: form-data; name="file"; filename="x.wav"\r\n\r\nno sound\r\n';
    const own = {
      'content-type': 'multipart/form-data; boundary=edge',
      origin: this.base,
      'sec-fetch-site': 'same-origin',
    };
    return this.send('POST', path, own, `${parts.join('')}${file}--edge--\r\n`);
  }

  private async send(
    method: 'GET' | 'POST',
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Shown> {
    const answer = await request(this.base + path, {
      method,
      headers: { ...(this.cookie && { cookie: this.cookie }), ...headers },
      ...(body !== undefined && { body }),
    });
    const text = await answer.body.text();
    const set = [answer.headers['set-cookie'] ?? []].flat();
    for (const line of set) {
      const [pair = ''] = line.split(';');
      if (line.includes('Max-Age=0')) this.cookie = '';
      else if (pair.startsWith('gateway-session=')) this.cookie = pair;
    }
    keepShownSecret('session', this.cookie.replace('gateway-session=', ''));
    const shown = { status: answer.statusCode, headers: answer.headers, text };
    hear(shown);
    return shown;
  }
}

type Fields = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** `Array.isArray` does not tell lists that may not be changed apart. */
const isList = (fields: Fields): fields is readonly (readonly [string, string])[] => Array.isArray(fields);
