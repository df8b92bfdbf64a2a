import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from './read-settings.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdall-settings-'));
  file = join(folder, 'holdall.config.json');
});

afterEach(() => rmSync(folder, { recursive: true }));

async function complaint(text: string): Promise<string> {
  writeFileSync(file, text);
  return await readSettings(file, true).then(
    () => 'none',
    (error: Error) => error.message,
  );
}

const stream = { type: 'file', path: 'changes.ndjson' };

describe('the configuration file', () => {
  it('says nothing when it is not there, unless it was asked for', async () => {
    expect(await readSettings(file, false)).toEqual({});
    await expect(readSettings(file, true)).rejects.toThrow(`${file} cannot be read`);
  });

  it('is read as it is', async () => {
    const settings = {
      publicUrl: 'https://sync.example.com',
      functions: {
        'arn:aws:lambda:us-east-1:000000000000:function:clean': { type: 'module', path: './clean.js' },
      },
      streams: { changes: stream },
      push: {
        'arn:aws:sns:us-east-1:000000000000:app/GCM/app': {
          type: 'webhook',
          url: 'https://push.example.com/',
          secret: { env: 'PUSH_SECRET' },
        },
      },
    };
    writeFileSync(file, JSON.stringify(settings));
    expect(await readSettings(file, true)).toEqual(settings);
  });

  it.each([
    ['{"streams": {', `${'is not JSON'}`],
    ['[]', 'The file must be an object, not a list.'],
    ['{"stream": {}}', "unknown member 'stream'; known are publicUrl, functions, streams, push"],
    ['{"publicUrl": "ftp://x"}', 'publicUrl must match'],
    ['{"streams": {"a": 3}}', 'streams.a must be an object, not 3.'],
    [
      '{"streams": {"a": {}}}',
      'streams.a.type must be one of kinesis, nats, redis, webhook, file, not missing.',
    ],
    ['{"streams": {"a": {"type": "kafka"}}}', "not 'kafka'."],
    ['{"streams": {"a/b": {"type": "file", "path": "x"}}}', "streams has the name 'a/b'; names there match"],
    ['{"streams": {"a": {"type": "file"}}}', 'streams.a.path is missing.'],
    ['{"streams": {"a": {"type": "file", "path": "x", "pth": 1}}}', "streams.a has the unknown member 'pth'"],
    ['{"streams": {"__proto__": {"type": "file"}}}', 'streams.__proto__.path is missing.'],
    [
      '{"streams": {"a": {"type": "redis", "url": "redis://localhost", "stream": "s", "maxLength": 0}}}',
      'streams.a.maxLength must be >= 1, not 0.',
    ],
    [
      '{"streams": {"a": {"type": "webhook", "url": "https://x", "secret": 7}}}',
      'streams.a.secret must be: A secret, or { "env": "NAME" } to take it from the environment; it is 7.',
    ],
    [
      '{"streams": {"a": {"type": "webhook", "url": "https://x", "secret": {"enw": "X"}}}}',
      "streams.a.secret has the unknown member 'enw'; known are env.",
    ],
  ])('%s: %s', async (text, expected) => {
    expect(await complaint(text)).toContain(expected);
  });

  it('is complained about in full, without its secrets', async () => {
    const text = await complaint(
      '{"streams": {"a": {"type": "webhook", "secret": "hunter2hunter2", "url": 1, "x": "hunter2"}}, "y": 1}',
    );
    expect(text).toContain('streams.a.url must be a text, not 1.');
    expect(text).toContain("unknown member 'x'");
    expect(text).toContain("unknown member 'y'");
    expect(text).not.toContain('hunter2');
    expect(await complaint('{"secret": "hunter2')).not.toContain('hunter2');
  });
});
