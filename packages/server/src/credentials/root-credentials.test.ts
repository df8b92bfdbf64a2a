import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRootCredentials } from './root-credentials.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'root-credentials-'));
  file = join(directory, 'credentials.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the root credentials', () => {
  test('are made at the first start and kept', () => {
    const made = openRootCredentials(file);
    expect(made.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(made.secretAccessKey).toMatch(/^[\w+/]{40}$/);
    expect(openRootCredentials(file)).toEqual(made);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(made);
  });

  test('are different everywhere', () => {
    const other = openRootCredentials(join(directory, 'other.json'));
    expect(openRootCredentials(file)).not.toEqual(other);
  });

  test('are readable by their owner only, and nothing else is left behind', () => {
    openRootCredentials(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['credentials.json']);
  });

  test('may be written by hand, with more in the file', () => {
    const written = { accessKeyId: 'AKIAMINE', secretAccessKey: 'mine' };
    writeFileSync(file, JSON.stringify({ ...written, note: 'from the vault' }));
    expect(openRootCredentials(file)).toEqual(written);
  });

  test.each([
    ['empty', ''],
    ['cut off', '{"accessKeyId":"AKIAMINE","secretAccessKey":"open sesame'],
    ['no JSON', 'open sesame'],
    ['null', 'null'],
    ['a text', '"open sesame"'],
    ['a list', '["AKIAMINE", "open sesame"]'],
    ['without an access key', '{"secretAccessKey":"open sesame"}'],
    ['of other types', '{"accessKeyId":"AKIAMINE","secretAccessKey":["open sesame"]}'],
  ])('in a file that is %s are an error that names the file and repeats nothing of it', (_what, text) => {
    writeFileSync(file, text);
    let refusal: unknown;
    try {
      openRootCredentials(file);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(Error);
    const { message, cause } = refusal as Error;
    expect(message).toBe(
      `${file} must hold {"accessKeyId": …, "secretAccessKey": …}: mend it, or remove it to have new ones made.`,
    );
    expect(cause).toBeUndefined();
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});
