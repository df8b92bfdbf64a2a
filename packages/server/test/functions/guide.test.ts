import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemsOf } from '../../src/configuration/problems.ts';
import { Settings } from '../../src/configuration/settings.ts';
import { FunctionSettings, openSyncTriggers } from '../../src/functions/index.ts';
import { endScenario, startScenario } from '../clients/scenario.ts';

const guide = readFileSync(new URL('../../../../docs/guides/sync-trigger.md', import.meta.url), 'utf8');

/** What stands between ```info and ``` in the guide. */
function blocks(info: string): readonly string[] {
  return [...guide.matchAll(/^```(.*)\n([\s\S]*?)\n```$/gm)]
    .filter(([, found]) => found === info)
    .map(([, , text = '']) => text);
}

describe('the guide to SyncTrigger functions', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdall-guide-'));
    mkdirSync(join(directory, 'functions'));
    writeFileSync(join(directory, 'functions/game.mjs'), blocks('js game.mjs').join('\n'));
    writeFileSync(join(directory, 'functions/game.ts'), blocks('js game.mjs').join('\n'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const snippets = [...blocks('json try'), ...blocks('json')].map((text) => JSON.parse(text) as Settings);

  test('has an example of each type', () => {
    const types = snippets.flatMap(({ functions = {} }) => Object.values(functions).map(({ type }) => type));
    expect(new Set(types)).toEqual(new Set(FunctionSettings.anyOf.map((one) => one.properties.type.const)));
  });

  test.each(snippets.map((snippet) => [JSON.stringify(snippet), snippet] as const))(
    'has settings that a server starts with: %s',
    async (_text, snippet) => {
      expect(problemsOf(Settings, snippet)).toEqual([]);
      const trigger = openSyncTriggers(snippet.functions ?? {}, {
        directory,
        environment: { GAME_API_TOKEN: 'token', GAME_SECRET: 'sixteen-characters', LAMBDA_SECRET: 'any' },
        logger: { error: () => {}, info: () => {}, debug: () => {} },
      });
      await trigger.close();
    },
  );

  test('has commands that print what it says', async () => {
    const [settings] = blocks('json try').map((text) => JSON.parse(text) as Settings);
    const path = join(directory, 'functions/game.mjs');
    const functions = Object.fromEntries(
      Object.keys(settings?.functions ?? {}).map((arn) => [arn, { type: 'module', path } as const]),
    );
    const scenario = await startScenario({ functions });
    const holdaws = 'holdaws() { aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }';
    const { stdout } = await promisify(execFile)(
      'bash',
      ['-euc', [holdaws, ...blocks('sh try')].join('\n')],
      {
        cwd: directory,
        env: {
          PATH: process.env.PATH,
          HOME: directory,
          AWS_ENDPOINT_URL: scenario.server.url,
          AWS_DEFAULT_REGION: scenario.server.region,
          AWS_ACCESS_KEY_ID: scenario.server.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: scenario.server.credentials.secretAccessKey,
          POOL: scenario.poolId,
        },
      },
    );
    await endScenario(scenario);
    expect(stdout.trimEnd()).toBe(blocks('text try').join('\n'));
  });
});
