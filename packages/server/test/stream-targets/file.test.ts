import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { StreamMessage } from '../../src/ports/stream-target.ts';
import { asReceived, failure, numbered } from './contract.ts';
import { readLines } from './file-receiver.ts';
import { message, openTarget } from './test-receiver.ts';

const never = new AbortController().signal;

describe('the file target', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdall-file-'));
    path = join(directory, 'changes.ndjson');
    return () => rmSync(directory, { recursive: true });
  });

  async function send(messages: readonly StreamMessage[], settings = {}): Promise<void> {
    const target = await openTarget({ type: 'file', path: 'changes.ndjson', ...settings }, directory);
    await target.send(messages, never);
    await target.close();
  }

  test('is for its owner only, and in the folder that it was given', async () => {
    await send(numbered('a', 1));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('a line says what the message was', async () => {
    await send([message('us-east-1:one', 'id-1', '{\n "a":\r\n1 }')]);
    expect(readFileSync(path, 'utf8')).toBe(
      '{"id":"id-1","partitionKey":"us-east-1:one","data":{  "a":  1 }}\n',
    );
  });

  test('whatever a crash left of a line is cut off, and nothing else', async () => {
    const whole = '{"id":"1"}\n'.repeat(3);
    await fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 200_000, size: 'max' }),
        fc.boolean(),
        async (text, isEmpty) => {
          const before = isEmpty ? '' : whole;
          writeFileSync(path, before + text.replaceAll('\n', ''));
          await send([message('a', '4')]);
          expect(readFileSync(path, 'utf8')).toBe(
            `${before}{"id":"4","partitionKey":"a","data":{"id":"4"}}\n`,
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  test('is set aside under the next number when it is full', async () => {
    const kilobyte = 'x'.repeat(1000);
    const batch = Array.from({ length: 3000 }, (_, index) => {
      return message('a', `${index}`, JSON.stringify(`${index} ${kilobyte}`));
    });
    writeFileSync(`${path}.7`, '');
    const target = await openTarget({ type: 'file', path, mostFileBytes: 1_048_576 });
    for (let begin = 0; begin < batch.length; begin += 100)
      await target.send(batch.slice(begin, begin + 100), never);
    await target.close();
    const names = readdirSync(directory).sort();
    expect(names).toEqual(['changes.ndjson', ...[7, 8, 9].map((number) => `changes.ndjson.${number}`)]);
    const files = [`${path}.8`, `${path}.9`, path];
    for (const file of files) {
      expect(statSync(file).size).toBeLessThanOrEqual(1_048_576);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    expect(files.flatMap((file) => readLines(file))).toEqual(batch.map(asReceived));
  });

  test('a batch that is larger than a file may be is a file of its own', async () => {
    const text = JSON.stringify('x'.repeat(2_000_000));
    const target = await openTarget({ type: 'file', path, mostFileBytes: 1_048_576 });
    for (const id of ['1', '2']) await target.send([message('a', id, text)], never);
    await target.close();
    expect(readdirSync(directory).sort()).toEqual(['changes.ndjson', 'changes.ndjson.1']);
    for (const file of [path, `${path}.1`]) expect(readLines(file)).toHaveLength(1);
  });

  test('calls that overlap share one file and set it aside once', async () => {
    const text = JSON.stringify('x'.repeat(300_000));
    const batch = Array.from({ length: 12 }, (_, index) => message(`${index}`, `${index}`, text));
    const target = await openTarget({ type: 'file', path, mostFileBytes: 1_048_576 });
    await Promise.all(batch.map((one) => target.send([one], never)));
    await target.close();
    const files = readdirSync(directory).map((name) => join(directory, name));
    expect(files).toHaveLength(4);
    expect(files.map((file) => readLines(file).length)).toEqual([3, 3, 3, 3]);
  });

  test('may be renamed away while it is in use', async () => {
    const target = await openTarget({ type: 'file', path });
    await target.send(numbered('a', 1), never);
    renameSync(path, `${path}-yesterday`);
    await target.send(numbered('b', 1), never);
    await target.close();
    expect(readLines(`${path}-yesterday`)).toEqual(numbered('a', 1).map(asReceived));
    expect(readLines(path)).toEqual(numbered('b', 1).map(asReceived));
  });

  test('what did not fit is cut off again, and comes when there is room', () => {
    // A process of its own, whose files may have 1 KiB; the system then takes a part of a write.
    const source = JSON.stringify(new URL('../../src/stream-targets/index.ts', import.meta.url).href);
    const program = `
      import { openStreamTarget } from ${source};
      const logger = { error() {}, info() {}, debug() {} };
      const options = { environment: {}, directory: '/', logger };
      const target = await openStreamTarget({ type: 'file', path: ${JSON.stringify(path)} }, options);
      const signal = new AbortController().signal;
      const text = (size) => new TextEncoder().encode(JSON.stringify('x'.repeat(size)));
      const message = (size) => ({ id: String(size), partitionKey: 'a', data: text(size) });
      const send = (...sizes) => target.send(sizes.map(message), signal).then(
        () => 'delivered',
        (error) => error.failure + ' ' + error.delivered,
      );
      console.log([await send(100), await send(101, 2000), await send(102)].join());
      await target.close();`;
    const answers = execFileSync(
      '/bin/sh',
      [
        '-c',
        `trap '' XFSZ; ulimit -f 2; exec "$0" --input-type=module-typescript -e "$1"`,
        process.execPath,
        program,
      ],
      { encoding: 'utf8' },
    );
    expect(answers.trim()).toBe('delivered,unavailable 0,delivered');
    expect(readLines(path).map(({ text }) => text.length)).toEqual([102, 104]);
  });

  test('a file that another program left without a line end is mended too', async () => {
    await send(numbered('a', 1));
    appendFileSync(path, '{"id":');
    await send(numbered('b', 1));
    expect(readLines(path)).toEqual([...numbered('a', 1), ...numbered('b', 1)].map(asReceived));
  });

  test('a folder that is missing may come, a folder in its place has to go', async () => {
    const target = await openTarget({ type: 'file', path: join(directory, 'mount', 'changes.ndjson') });
    await failure(target.send(numbered('a', 1), never), 'unavailable');
    await target.close();
    const folder = await openTarget({ type: 'file', path: directory });
    await failure(folder.send(numbered('a', 1), never), 'gone');
    await folder.close();
  });
});
