import { describe, expect, test } from 'vitest';
import { type Fault, type FaultPlan, seededFaults, withFaults } from './faults.ts';
import { createTestServer } from './test-server.ts';
import { createVirtualClock } from './virtual-clock.ts';

const clock = createVirtualClock();

/** GetId makes an identity each time it is done, so that it shows how often it was. */
function setUp(plan: FaultPlan) {
  const server = createTestServer({ clock });
  const faulty = withFaults(server.fetch, plan, clock);
  const getId = (init: RequestInit = {}) =>
    faulty.fetch(server.url, {
      method: 'POST',
      headers: { 'X-Amz-Target': 'AWSCognitoIdentityService.GetId' },
      body: JSON.stringify({ IdentityPoolId: server.identityPoolId }),
      ...init,
    });
  const timesDone = () => Object.keys(server.state()).length;
  return { server, faulty, getId, timesDone };
}

const always = (...faults: Fault[]) => setUp(() => faults);

describe('a fault', () => {
  test('of none lets everything pass', async () => {
    const { getId, faulty, timesDone } = setUp(() => undefined);
    expect((await getId()).status).toBe(200);
    expect(timesDone()).toBe(1);
    expect(faulty.requests).toMatchObject([{ index: 0, operation: 'GetId', method: 'POST', faults: [] }]);
  });

  test.each([
    ['lost-request', 0],
    ['lost-answer', 1],
  ] as const)('%s: the service has done it %i times', async (kind, times) => {
    const { getId, timesDone } = always({ kind });
    await expect(getId()).rejects.toThrow(TypeError);
    expect(timesDone()).toBe(times);
  });

  test('twice: the service has done it twice, and the second answer comes', async () => {
    const { getId, server, timesDone } = always({ kind: 'twice' });
    const { IdentityId } = (await (await getId()).json()) as { IdentityId: string };
    expect(timesDone()).toBe(2);
    expect(Object.keys(server.state())[1]).toBe(IdentityId);
  });

  test('error: in the form of the service, which does nothing', async () => {
    const { getId, timesDone } = always({
      kind: 'error',
      error: 'TooManyRequestsException',
      retryAfterSeconds: 3,
    });
    const response = await getId();
    expect([
      response.status,
      response.headers.get('retry-after'),
      response.headers.get('x-amzn-errortype'),
    ]).toEqual([400, '3', 'TooManyRequestsException:']);
    expect(await response.json()).toMatchObject({ __type: 'TooManyRequestsException' });
    expect(timesDone()).toBe(0);
  });

  test('cut-body: noticed, or not', async () => {
    const noticed = await always({ kind: 'cut-body', bytes: 5 }).getId();
    await expect(noticed.text()).rejects.toThrow('terminated');
    const unnoticed = await always({ kind: 'cut-body', bytes: 5, unnoticed: true }).getId();
    expect(await unnoticed.text()).toBe('{"Ide');
  });

  test.each([
    ['bad-gateway', 502],
    ['captive-portal', 200],
  ] as const)('%s: HTML with status %i', async (kind, status) => {
    const { getId, timesDone } = always({ kind });
    const response = await getId();
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'text/html']);
    expect(timesDone()).toBe(0);
  });

  test('latency and late-answer: on the clock, before and after the service does it', async () => {
    const { getId, timesDone } = always({ kind: 'latency', ms: 100 }, { kind: 'late-answer', ms: 50 });
    let isAnswered = false;
    const answered = getId().then(() => {
      isAnswered = true;
    });
    await clock.advance(99);
    expect([timesDone(), isAnswered]).toEqual([0, false]);
    await clock.advance(1);
    expect([timesDone(), isAnswered]).toEqual([1, false]);
    await clock.advance(50);
    expect(isAnswered).toBe(true);
    await answered;
  });

  test.each<Fault>([{ kind: 'silence' }, { kind: 'latency', ms: 1e9 }, { kind: 'late-answer', ms: 1e9 }])(
    '$kind ends when the caller aborts',
    async (fault) => {
      const controller = new AbortController();
      const answered = always(fault).getId({ signal: controller.signal });
      answered.catch(() => {});
      await clock.settle();
      controller.abort(new Error('enough'));
      await expect(answered).rejects.toThrow('enough');
      expect(clock.timers).toBe(0);
    },
  );
});

test('offline: nothing gets anywhere until it is over', async () => {
  const { getId, faulty, timesDone } = setUp(() => undefined);
  faulty.offline = true;
  await expect(getId()).rejects.toThrow(TypeError);
  expect([timesDone(), faulty.requests.length]).toEqual([0, 0]);
  faulty.offline = false;
  expect((await getId()).status).toBe(200);
});

test('seeded faults are the same for the same seed, and as many as asked for', () => {
  const request = { index: 0, operation: 'ListRecords', method: 'GET', url: 'http://localhost/' };
  const drawn = (seed: number) => {
    const plan = seededFaults(seed, { rate: 0.5 });
    return Array.from({ length: 1000 }, () => plan(request));
  };
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
  const failures = drawn(3).filter((fault) => fault !== undefined).length;
  expect(failures).toBeGreaterThan(400);
  expect(failures).toBeLessThan(600);
});
