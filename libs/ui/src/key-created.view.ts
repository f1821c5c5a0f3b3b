import { type GeneratedKeyView } from '@app/keys';
import { limitFacts } from './key-page.view.js';
import { logsHref } from './read-log-query.js';
import { paths } from './paths.js';

interface Place {
  /** Without a trailing slash. */
  readonly address: string;
  readonly models: readonly string[];
}

interface Snippet {
  readonly id: string;
  readonly label: string;
  readonly text: string;
  readonly before: string;
}

/** Inside the network of docker-compose.yml. */
const INSIDE = 'http://litellm:4000/v1';

/** The one page that shows a key, with the key in everything that is ready to be pasted. */
export function keyCreatedView(made: GeneratedKeyView, { address, models }: Place): object {
  const allowed = made.models.filter((model) => !model.includes('*'));
  const model = allowed[0] ?? models[0] ?? 'gpt-4';
  const snippets = [
    curl(made.key, model, address),
    python(made.key, model, address),
    node(made.key, model, address),
    libreChat(made.key, allowed.length > 0 ? allowed : [model]),
    flowise(model),
    openWebUi(made.key),
  ];
  return {
    crumb: { href: paths.keys },
    name: made.key_alias ?? made.key_name,
    key: made.key,
    done: { href: paths.key(made.token) },
    logs: { href: logsHref({ key: made.token }) },
    // The style sheet shows the pane of the number that is chosen.
    snippets: snippets.map((one, index) => ({ ...one, number: index + 1, isFirst: index === 0 })),
    facts: limitFacts(made),
  };
}

const curl = (key: string, model: string, address: string): Snippet => ({
  id: 'curl',
  label: 'curl',
  before: '',
  text: `curl -s ${address}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '${JSON.stringify({ model, messages: [{ role: 'user', content: 'Say hello' }] }).replaceAll("'", "'\\''")}'`,
});

const python = (key: string, model: string, address: string): Snippet => ({
  id: 'python',
  label: 'Python',
  before: '',
  text: `from openai import OpenAI

client = OpenAI(
    base_url="${address}/v1",
    api_key="${key}",
)
reply = client.chat.completions.create(
    model=${JSON.stringify(model)},
    messages=[{"role": "user", "content": "Say hello"}],
)
print(reply.choices[0].message.content)`,
});

const node = (key: string, model: string, address: string): Snippet => ({
  id: 'node',
  label: 'Node',
  before: '',
  text: `import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: '${address}/v1',
  apiKey: '${key}',
});
const reply = await client.chat.completions.create({
  model: ${JSON.stringify(model)},
  messages: [{ role: 'user', content: 'Say hello' }],
});
console.log(reply.choices[0].message.content);`,
});

const libreChat = (key: string, models: readonly string[]): Snippet => ({
  id: 'librechat',
  label: 'LibreChat',
  before: 'In librechat.yaml; the address works inside the same Docker network.',
  text: `endpoints:
  custom:
    - name: "Gateway"
      baseURL: "${INSIDE}"
      apiKey: "${key}"
      models:
        default: ${JSON.stringify(models)}
        fetch: true
      titleConvo: true
      titleModel: "current_model"`,
});

const flowise = (model: string): Snippet => ({
  id: 'flowise',
  label: 'Flowise',
  before: 'Add the node ChatOpenAI Custom, connect a new credential with the key, and fill in:',
  text: `Model name: ${model}\nBase path:  ${INSIDE}`,
});

const openWebUi = (key: string): Snippet => ({
  id: 'openwebui',
  label: 'Open WebUI',
  before: 'As environment variables, or under Admin panel → Settings → Connections.',
  text: `OPENAI_API_BASE_URL=${INSIDE}\nOPENAI_API_KEY=${key}`,
});
