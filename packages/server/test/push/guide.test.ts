import { createECDH, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemsOf } from '../../src/configuration/problems.ts';
import { Settings } from '../../src/configuration/settings.ts';
import { openPushTarget, PushTargetSettings } from '../../src/push-targets/index.ts';
import { pushData } from '../../src/push-targets/payload.ts';
import { pushTargetNeeds } from './targets.ts';

const guide = readFileSync(new URL('../../../../docs/guides/push.md', import.meta.url), 'utf8');

/** What stands between ```info and ``` in the guide. */
function blocks(info: string): readonly string[] {
  return [...guide.matchAll(/^```(.*)\n([\s\S]*?)\n```$/gm)]
    .filter(([, found]) => found === info)
    .map(([, , text = '']) => text);
}

describe('the guide to push sync', () => {
  const snippets = blocks('json').map((text) => JSON.parse(text) as Settings);
  const curve = createECDH('prime256v1');
  const publicKey = curve.generateKeys().toString('base64url');
  const p8 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const key = p8.export({ type: 'pkcs8', format: 'pem' }).toString();
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdall-push-guide-'));
    writeFileSync(join(directory, 'AuthKey_ABC123DEFG.p8'), key);
    const account = {
      project_id: 'example',
      client_email: 'push@example.iam.gserviceaccount.com',
      private_key: rsa.export({ type: 'pkcs8', format: 'pem' }),
    };
    writeFileSync(join(directory, 'firebase-service-account.json'), JSON.stringify(account));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test('has an example of each target', () => {
    const types = snippets.flatMap(({ push = {} }) => Object.values(push).map(({ type }) => type));
    expect(new Set(types)).toEqual(new Set(PushTargetSettings.anyOf.map((one) => one.properties.type.const)));
  });

  test.each(snippets.map((snippet) => [JSON.stringify(snippet), snippet] as const))(
    'has settings that a server starts with: %s',
    async (_text, snippet) => {
      expect(problemsOf(Settings, snippet)).toEqual([]);
      for (const [applicationArn, settings] of Object.entries(snippet.push ?? {})) {
        const environment = {
          APNS_KEY: key,
          SNS_SECRET: 'test',
          VAPID_PRIVATE_KEY: Buffer.from(curve.getPrivateKey('hex').padStart(64, '0'), 'hex').toString(
            'base64url',
          ),
          PUSH_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
        };
        const needs = { ...pushTargetNeeds('GCM'), environment, directory, applicationArn };
        // The pair in the guide belongs to nobody.
        const own = settings.type === 'web-push' ? { ...settings, publicKey } : settings;
        await (await openPushTarget(own, needs)).close();
      }
    },
  );

  test('has a service worker that hears of changes', async () => {
    let listen: ((event: unknown) => void) | undefined;
    const synchronized: unknown[] = [];
    const [program = ''] = blocks('js service-worker');
    runInNewContext(program, {
      self: {
        addEventListener: (_name: string, listener: typeof listen) => {
          listen = listener;
        },
      },
      synchronize: (...change: unknown[]) => synchronized.push(change),
      Number,
    });
    const data = pushData({ identityPoolId: 'p', identityId: 'i', datasetName: 'd', syncCount: 7 });
    listen?.({ data: { json: () => data }, waitUntil: () => {} });
    expect(synchronized).toEqual([['d', 7]]);
  });
});
