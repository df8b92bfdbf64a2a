import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SecretBox } from './secret-box.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdall-box-'));
  file = join(folder, 'secrets.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

describe('a secret box', () => {
  test('opens what it sealed, also when it is opened again', () => {
    const sealed = SecretBox.open(file).seal('AKIA1', secret);
    expect(SecretBox.open(file).open('AKIA1', sealed)).toBe(secret);
  });

  test('never seals to the same text twice, and shows nothing of the secret', () => {
    const box = SecretBox.open(file);
    const sealed = [box.seal('AKIA1', secret), box.seal('AKIA1', secret)];
    expect(sealed[0]).not.toBe(sealed[1]);
    for (const text of sealed) expect(Buffer.from(text, 'base64').toString('latin1')).not.toContain(secret);
  });

  test("does not open one owner's secret for another, nor what was tampered with", () => {
    const box = SecretBox.open(file);
    const sealed = box.seal('AKIA1', secret);
    expect(() => box.open('AKIA2', sealed)).toThrow('The secret of AKIA2 does not open');
    const bytes = Buffer.from(sealed, 'base64');
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index] = (bytes[index] ?? 0) ^ 1;
      expect(() => box.open('AKIA1', changed.toString('base64'))).toThrow('does not open');
    }
    for (const text of ['', 'rubbish', sealed.slice(0, 20)]) {
      expect(() => box.open('AKIA1', text)).toThrow('does not open');
    }
  });

  test('does not open what another box sealed', () => {
    const sealed = SecretBox.open(file).seal('AKIA1', secret);
    expect(() => SecretBox.open(join(folder, 'other.json')).open('AKIA1', sealed)).toThrow(
      'restore the file that it was made with',
    );
  });

  test('has its key in a file for its owner only, and leaves nothing beside it', () => {
    const umask = process.umask(0);
    SecretBox.open(file);
    process.umask(umask);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['secrets.json']);
    const text = readFileSync(file, 'utf8');
    SecretBox.open(file);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test.each(['', '{}', 'null', '{"key":"c2hvcnQ="}', '{"key":7}', 'open sesame'])(
    'is not opened from a file that says %j, which is not repeated',
    (text) => {
      writeFileSync(file, text);
      expect(() => SecretBox.open(file)).toThrow(`${file} does not hold a key`);
      expect(() => SecretBox.open(file)).not.toThrow('sesame');
    },
  );
});
