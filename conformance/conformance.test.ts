import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityOperations, stsOperations, syncOperations } from '@holdall/protocol';
import { startTestServer, type TestServer } from '@holdall/server/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCaseFiles } from './case.ts';
import { testFunctionArns, writeFunctions } from './functions.ts';
import { permissionCases } from './permissions.ts';
import { Session } from './session.ts';

const written = readCaseFiles();

let server: TestServer;
let session: Session;

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdall-functions-'));
  const files = writeFunctions(
    written.flatMap(({ cases }) => cases),
    folder,
  );
  server = await startTestServer({
    functions: Object.fromEntries(
      Array.from(files, ([name, path]) => [
        `${testFunctionArns}${name}`,
        { type: 'module', path, threads: 1 },
      ]),
    ),
  });
  session = await Session.open({ ...server, functionArns: testFunctionArns });
});

afterAll(async () => {
  await session[Symbol.asyncDispose]();
  const { faults } = server;
  await server.close();
  rmSync(folder, { recursive: true, force: true });
  expect(faults).toEqual([]);
});

for (const { subject, cases } of [...written, permissionCases()]) {
  describe(subject, () => {
    test.each(cases)('$name', async (each) => {
      const found = await session.run(each);
      expect(found.join('\n')).toBe('');
    });
  });
}

describe('the suite', () => {
  const cases = written.flatMap((file) => file.cases);
  const text = JSON.stringify(cases);

  test('is not smaller than it was', () => {
    expect(cases.length).toBeGreaterThanOrEqual(600);
  });

  test('has no two cases of one name', () => {
    const names = written.flatMap((file) => file.cases.map(({ name }) => `${file.subject}: ${name}`));
    expect(new Set(names).size).toBe(names.length);
  });

  test('names the source of every case', () => {
    expect(cases.filter(({ seen }) => seen.length < 5)).toEqual([]);
  });

  const operations = { ...syncOperations, ...identityOperations, ...stsOperations };
  test.each(Object.keys(operations))('has %s in a written case', (name) => {
    // As a target, in an envelope, or as an Action. REST paths name no operation.
    expect(text).toMatch(new RegExp(`\\.${name}"|#${name}"|Action=${name}&`));
  });

  test.each(Object.entries(syncOperations))('has the path of %s in a written case', (_, operation) => {
    const paths = new Set(
      cases.flatMap(({ steps }) => steps.map(({ request }) => `${request.method} ${request.path}`)),
    );
    const pattern = operation.path.replaceAll(/\{\w+\}/g, '[^/]+');
    const whole = new RegExp(`^${operation.method} ${pattern}$`);
    expect([...paths].some((path) => whole.test(path))).toBe(true);
  });
});
