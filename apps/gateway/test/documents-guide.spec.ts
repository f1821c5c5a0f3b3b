import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const guide = readFileSync('USER_GUIDE.md', 'utf8');

/** Whether a block runs against the demo, or where Docker is. */
type Marker = 'runs' | 'docker';

/** A block of commands, with what its comment says about running it. */
interface Block {
  readonly marker: string;
  readonly script: string;
}

const blocks: Block[] = [...guide.matchAll(/(?:<!-- ([a-z]+) -->\s+)?```bash\n([\s\S]*?)```/g)].map(
  ([, marker = 'none', script = '']) => ({ marker, script }),
);

const oneLine = (text: string): string => text.replace(/\\\n/g, ' ').replace(/\s+/g, ' ').trim();
const marked = (marker: Marker): string =>
  oneLine(
    blocks
      .filter((block) => block.marker === marker)
      .map(({ script }) => script)
      .join('\n'),
  );

const HOST = 'http://localhost:4000';
const JSON_TYPE = '-H "Content-Type: application/json"';
const WITH_KEY = '-H "Authorization: Bearer $API_KEY"';
const WITH_MASTER_KEY = '-H "Authorization: Bearer $LITELLM_MASTER_KEY"';

/** The documented commands, on one line each, with the host of this guide. */
const DOCUMENTED: readonly (readonly [marker: Marker, command: string])[] = [
  ['runs', `curl -s ${HOST}/health`],
  ['runs', `curl -s ${HOST}/health/liveliness`],
  ['runs', `curl -v ${HOST}/health`],
  ['runs', `curl -s ${HOST}/metrics`],
  ['runs', `curl -s ${HOST}/v1/models | jq '.data[].id'`],
  [
    'runs',
    `curl -s ${HOST}/v1/chat/completions ${JSON_TYPE} ${WITH_MASTER_KEY} -d '{ "model": "qwen3-30b-a3b", ` +
      `"messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 100 }' | jq '.choices[0].message.content'`,
  ],
  [
    'runs',
    `curl -s ${HOST}/key/generate ${WITH_MASTER_KEY} ${JSON_TYPE} -d '{ "models": ["gpt-4", "gpt-3.5-turbo"], ` +
      `"user_id": "user@example.com", "max_budget": 100.00, "duration": "30d" }' | jq`,
  ],
  [
    'runs',
    `curl -X POST ${HOST}/v1/chat/completions ${JSON_TYPE} ${WITH_KEY} -d '{ "model": "qwen3-30b-a3b", "messages": [ ` +
      `{"role": "system", "content": "You are a helpful assistant."}, ` +
      `{"role": "user", "content": "Explain quantum computing in simple terms."} ], ` +
      `"temperature": 0.7, "max_tokens": 500, "stream": false }'`,
  ],
  [
    'runs',
    `curl -X POST ${HOST}/v1/chat/completions ${JSON_TYPE} ${WITH_KEY} -d '{ "model": "gpt-4", ` +
      `"messages": [{"role": "user", "content": "Write a haiku about coding"}], "stream": true }'`,
  ],
  [
    'runs',
    `curl -X POST ${HOST}/v1/audio/speech ${JSON_TYPE} ${WITH_KEY} -d '{ "model": "tts-1", ` +
      `"input": "Hello, this is a test of the text-to-speech system.", "voice": "alloy" }' --output speech.mp3`,
  ],
  [
    'runs',
    `curl -X POST ${HOST}/v1/audio/speech ${JSON_TYPE} ${WITH_KEY} -d '{ "model": "styletts2", ` +
      `"input": "High quality neural speech synthesis.", "voice": "nova" }' --output speech_hq.wav`,
  ],
  [
    'runs',
    `curl -X POST ${HOST}/tts/v1/audio/speech ${JSON_TYPE} -d '{ "model": "tts-1", ` +
      `"input": "Direct access to Piper TTS.", "voice": "echo" }' --output speech_direct.mp3`,
  ],
  [
    'runs',
    `curl -X POST ${HOST}/v1/audio/transcriptions ${WITH_KEY} -F "file=@audio.wav" -F "model=whisper-large-v3"`,
  ],
  [
    'runs',
    `curl -X POST ${HOST}/v1/audio/transcriptions ${WITH_KEY} -F "file=@recording.mp3" -F "model=whisper-1"`,
  ],
  ['runs', `curl -X POST ${HOST}/stt/v1/audio/transcriptions -F "file=@audio.wav" -F "model=whisper-1"`],
  [
    'runs',
    `curl -X POST ${HOST}/v1/chat/completions ${JSON_TYPE} ${WITH_KEY} -d '{ "model": "qwen3-30b-a3b-q8-abl", ` +
      `"messages": [{"role": "user", "content": "What are the latest AI news today?"}], "tools": [{ "type": "function", ` +
      `"function": { "name": "searxng-search", "description": "Search the web for information" } }], ` +
      `"tool_choice": "auto" }'`,
  ],
  ['runs', `curl -v ${HOST}/v1/models 2>&1 | grep -i ratelimit`],
  ['docker', 'docker exec litellm-postgres pg_isready -U litellm'],
  ['docker', 'docker exec litellm-postgres pg_dump -U litellm litellm > /backup/litellm-$(date +%Y%m%d).sql'],
  ['docker', 'docker exec -i litellm-postgres psql -U litellm litellm < /backup/litellm-20251219.sql'],
  ['docker', 'cd /mnt/apps/docker/ai/litellm-observability/litellm docker compose up -d'],
  ['docker', 'docker compose down'],
  ['docker', 'docker compose restart litellm'],
  ['docker', 'docker logs -f litellm docker logs -f litellm-postgres'],
  ['docker', 'docker compose ps'],
  ['docker', "docker inspect litellm --format='{{.State.Health.Status}}'"],
  ['docker', 'docker logs --tail 100 litellm'],
  ['docker', 'docker exec -it litellm /bin/bash'],
  ['docker', 'docker exec litellm-postgres psql -U litellm -c "SELECT 1"'],
  ['docker', 'docker ps | grep litellm'],
  ['docker', 'docker exec litellm-postgres pg_isready'],
  ['docker', 'docker exec litellm-postgres psql -U litellm -c "\\l"'],
  ['docker', 'curl -s http://localhost:8081/v1/models'],
  ['docker', 'docker exec litellm cat /app/config.yaml'],
];

describe('USER_GUIDE.md', () => {
  test.each(DOCUMENTED)('has, in a block marked %s: %s', (marker, command) => {
    expect(marked(marker)).toContain(command);
  });

  test('says of every block of commands whether it can be run here', () => {
    const [exports, ...rest] = blocks;
    expect(exports?.script).toMatch(/^export LITELLM_MASTER_KEY=/);
    const odd = rest.filter(({ marker }) => !/^(runs|docker)$/.test(marker));
    expect(odd).toEqual([]);
  });

  test('has only commands that a shell can read', () => {
    for (const { script } of blocks) {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
      expect({ script, status, stderr }).toEqual({ script, status: 0, stderr: '' });
    }
  });

  test('has only JSON bodies that parse', () => {
    const bodies = blocks.flatMap(({ script }) =>
      [...script.matchAll(/-d '([^']*)'/g)].map(([, body]) => body),
    );
    expect(bodies.length).toBeGreaterThan(10);
    for (const body of bodies) expect(() => JSON.parse(body ?? '') as unknown).not.toThrow();
  });

  test('names no host but this one, the stack and the documented names', () => {
    const hosts = new Set([...guide.matchAll(/https?:\/\/([^/\s"'`)>]+)/g)].map(([, host]) => host));
    expect([...hosts].sort()).toEqual([
      'litellm:4000',
      'llm.haiven.local',
      'localhost:4000',
      'localhost:8081',
    ]);
  });

  test.each([
    ['LibreChat', 'baseURL: http://litellm:4000/v1'],
    ['LibreChat', 'apiKey: ${LITELLM_API_KEY}'],
    ['LibreChat', 'default: ["gpt-4", "gpt-3.5-turbo"]'],
    ['Flowise', 'Add new "ChatOpenAI" node'],
    ['MCP server', 'base_url="http://litellm:4000/v1"'],
    ['MCP server', 'api_key=os.environ["LITELLM_API_KEY"]'],
  ])('configures %s with %s', (program, line) => {
    const section = guide.split(/\n### /).find((text) => text.split('\n')[0]?.includes(program));
    expect(section).toContain(line);
  });
});
