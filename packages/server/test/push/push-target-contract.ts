import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DeliveryError, type DeliveryFailure } from '../../src/ports/delivery-error.ts';
import type { PushAddress, PushNotice, PushTarget } from '../../src/ports/push-target.ts';
import type { Answer, Receiver } from './emulators/loopback-receiver.ts';

/** A receiver that verifies what it gets, devices behind it, and how to make it say each of its noes. */
export interface PushScene extends AsyncDisposable {
  readonly receiver: Receiver;
  readonly platform: string;
  open(settings?: { timeoutMs?: number }): Promise<PushTarget>;
  /** The token of a device that can be reached. */
  newToken(): string;
  unregister(token: string): void;
  /** What the app on the device was told, read by the rules of its platform. */
  received(token: string): readonly PushNotice[];
  /** Undefined when every token may be one. */
  readonly badToken: string | undefined;
  /** The receiver's own way to say each of these; the first says to come back in 17 seconds. */
  readonly answers: Readonly<Record<'throttled' | 'broken' | 'tooLarge', Answer>>;
  /** The receiver takes our credentials, or no longer does. */
  trust(isTrusted: boolean): void;
  readonly untrusted: DeliveryFailure;
  /** Whether `probe` asks the receiver. */
  readonly isProbed: boolean;
  /** What no error may repeat, beside tokens. */
  readonly secrets: readonly string[];
}

const notice: PushNotice = {
  identityPoolId: 'eu-west-1:0b1f6ae1-2d4e-4f0a-9d3c-6b1f0f3c2a11',
  identityId: 'eu-west-1:7c9e6679-7425-40de-944b-e07fc1f90ae7',
  datasetName: 'settings:de.v1',
  syncCount: 7,
};

const never = new AbortController().signal;

export function describePushTarget(name: string, start: () => Promise<PushScene>): void {
  describe(`${name} as a push target`, () => {
    let scene: PushScene;
    const opened: PushTarget[] = [];
    beforeAll(async () => {
      scene = await start();
    });
    afterEach(async () => {
      scene.receiver.fault = undefined;
      scene.trust(true);
      await Promise.all(opened.splice(0).map((target) => target.close()));
    });
    afterAll(() => scene[Symbol.asyncDispose]());

    const open = async (settings?: { timeoutMs?: number }) => {
      const target = await scene.open(settings);
      opened.push(target);
      return target;
    };
    const device = async (target: PushTarget): Promise<PushAddress> => {
      const address = { platform: scene.platform, token: scene.newToken() };
      const endpoint = await target.register(address, never);
      return { ...address, ...(endpoint !== undefined && { endpoint }) };
    };
    /** Fails with exactly this, and says nothing that is secret. */
    const expectFailure = async (work: Promise<unknown>, failure: DeliveryFailure, token = '') => {
      const error = await work.then(
        (answer) => expect.fail(`It answered ${answer}.`),
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(DeliveryError);
      expect(error).toMatchObject({ failure });
      const everything = inspect(error, { depth: 12 });
      for (const secret of [...scene.secrets, token].filter((one) => one !== '')) {
        expect(everything).not.toContain(secret);
      }
      return error as DeliveryError;
    };

    test('delivers, and the app finds all five values', async () => {
      const target = await open();
      const address = await device(target);
      expect(await target.send(address, notice, never)).toBe('delivered');
      expect(scene.received(address.token)).toEqual([notice]);
    });

    test('delivers many at once, each to its own device once', async () => {
      const target = await open();
      const addresses = await Promise.all(Array.from({ length: 40 }, () => device(target)));
      await Promise.all(
        addresses.map((address, index) => target.send(address, { ...notice, syncCount: index }, never)),
      );
      expect(addresses.map(({ token }) => scene.received(token))).toEqual(
        addresses.map((_address, index) => [{ ...notice, syncCount: index }]),
      );
    });

    test('registers a device twice, and tells it once', async () => {
      const target = await open();
      const address = await device(target);
      expect(await target.register(address, never)).toEqual(address.endpoint);
      await target.send(address, notice, never);
      expect(scene.received(address.token)).toHaveLength(1);
    });

    test('hears that a device is no more', async () => {
      const target = await open();
      const address = await device(target);
      scene.unregister(address.token);
      expect(await target.send(address, notice, never)).toBe('unregistered');
    });

    test('refuses a token that is none', async () => {
      const target = await open();
      const { badToken, platform } = scene;
      if (badToken === undefined) {
        expect(await target.register({ platform, token: 'anything' }, never)).toBeUndefined();
      } else {
        await expectFailure(target.register({ platform, token: badToken }, never), 'refused', badToken);
      }
    });

    test('is told how long to wait', async () => {
      const target = await open();
      const address = await device(target);
      scene.receiver.fault = scene.answers.throttled;
      const error = await expectFailure(target.send(address, notice, never), 'unavailable', address.token);
      expect(error.retryAfterMs).toBe(17_000);
    });

    test('finds a broken receiver unavailable', async () => {
      const target = await open();
      const address = await device(target);
      scene.receiver.fault = scene.answers.broken;
      const error = await expectFailure(target.send(address, notice, never), 'unavailable', address.token);
      expect(error.retryAfterMs).toBeUndefined();
    });

    test('finds that this one message will never be taken', async () => {
      const target = await open();
      const address = await device(target);
      scene.receiver.fault = scene.answers.tooLarge;
      await expectFailure(target.send(address, notice, never), 'refused', address.token);
    });

    test('finds that its credentials are not taken, and that they are again', async () => {
      const before = await open();
      const address = await device(before);
      scene.trust(false);
      const target = await open();
      await expectFailure(target.send(address, notice, never), scene.untrusted, address.token);
      if (scene.isProbed) await expectFailure(target.probe(never), 'gone');
      scene.trust(true);
      expect(await target.send(address, notice, never)).toBe('delivered');
      await target.probe(never);
    });

    test.each(['vanish', 'garbage', 'endless'] as const)(
      'gets over a receiver that does this: %s',
      async (fault) => {
        const target = await open();
        const address = await device(target);
        scene.receiver.fault = fault;
        await expectFailure(target.send(address, notice, never), 'unavailable', address.token);
        scene.receiver.fault = undefined;
        expect(await target.send(address, notice, never)).toBe('delivered');
      },
    );

    test.each([
      { status: 200, body: '<html>' },
      { status: 500, body: 'null' },
      { status: 502, headers: { 'content-type': 'application/json' }, body: '{"error":7,"reason":[]}' },
      { status: 503, headers: { 'retry-after': 'soon' }, body: '"\0"' },
    ])('takes rubbish for nothing worse than an outage: $status $body', async (fault) => {
      const target = await open();
      const address = await device(target);
      scene.receiver.fault = fault;
      const outcome = await target.send(address, notice, never).catch((error: unknown) => error);
      if (fault.status === 200 && outcome === 'delivered') return;
      expect(outcome).toMatchObject({ failure: 'unavailable', retryAfterMs: undefined });
    });

    test('finds a receiver that is down, and the one that comes back', async () => {
      const target = await open();
      const address = await device(target);
      await target.send(address, notice, never);
      await scene.receiver.stop();
      await expectFailure(target.send(address, notice, never), 'unavailable', address.token);
      if (scene.isProbed) await expectFailure(target.probe(never), 'unavailable');
      await scene.receiver.start();
      expect(await target.send(address, { ...notice, syncCount: 8 }, never)).toBe('delivered');
      expect(scene.received(address.token).map(({ syncCount }) => syncCount)).toEqual([7, 8]);
    });

    test('waits no longer than it may', async () => {
      const address = await device(await open());
      const target = await open({ timeoutMs: 200 });
      scene.receiver.fault = 'hang';
      const error = await expectFailure(target.send(address, notice, never), 'unavailable', address.token);
      expect(error.message).toContain('within 200 ms');
    });

    test('can be aborted, and goes on', async () => {
      const target = await open();
      const address = await device(target);
      const abort = new AbortController();
      const hung = scene.receiver.hung();
      scene.receiver.fault = 'hang';
      const sent = target.send(address, notice, abort.signal);
      await Promise.race([hung, sent]);
      abort.abort();
      await expectFailure(sent, 'unavailable', address.token);
      await expectFailure(target.send(address, notice, abort.signal), 'unavailable');
      scene.receiver.fault = undefined;
      expect(await target.send(address, notice, never)).toBe('delivered');
    });

    test('ends what is on the way when it is closed, once and for all', async () => {
      const target = await open();
      const address = await device(target);
      const hung = scene.receiver.hung();
      scene.receiver.fault = 'hang';
      const sent = expectFailure(target.send(address, notice, never), 'unavailable', address.token);
      await Promise.race([hung, sent]);
      await target.close();
      await sent;
      scene.receiver.fault = undefined;
      await expectFailure(target.send(address, notice, never), 'unavailable');
      await target.close();
      expect(scene.received(address.token)).toEqual([]);
    });

    test('can be opened while its receiver is down, and closed unused', async () => {
      await scene.receiver.stop();
      await (await open()).close();
      await scene.receiver.start();
    });

    test('probes without telling any device', async () => {
      const target = await open();
      const address = await device(target);
      await target.probe(never);
      expect(scene.received(address.token)).toEqual([]);
    });
  });
}
