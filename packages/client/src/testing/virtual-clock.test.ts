import { describe, expect, test } from 'vitest';
import { createVirtualClock } from './virtual-clock.ts';

describe('a virtual clock', () => {
  test('runs timers in the order of their times, those of one time in the order of setting', async () => {
    const clock = createVirtualClock(0);
    const ran: string[] = [];
    const set = (name: string, ms: number) => clock.setTimer(() => ran.push(`${name} at ${clock.now()}`), ms);
    set('late', 30);
    set('first', 10);
    set('second', 10);
    set('never', 20)();
    await clock.advance(29);
    expect(ran).toEqual(['first at 10', 'second at 10']);
    expect(clock.now()).toBe(29);
    await clock.advance(1);
    expect(ran.at(-1)).toBe('late at 30');
    expect(clock.timers).toBe(0);
  });

  test('lets promises and timers that they set run on the way', async () => {
    const clock = createVirtualClock(0);
    const ran: number[] = [];
    const work = async () => {
      for (let round = 0; round < 3; round++) {
        await clock.sleep(10);
        await crypto.subtle.digest('SHA-256', new Uint8Array(1_000_000));
        ran.push(clock.now());
      }
    };
    const done = work();
    await clock.advance(30);
    expect(ran).toEqual([10, 20, 30]);
    await done;
  });

  test('runs work to its end, however long it waits', async () => {
    const clock = createVirtualClock(0);
    const work = async () => {
      await clock.sleep(1000);
      await clock.sleep(2000);
      return 'done';
    };
    expect(await clock.run(work())).toBe('done');
    expect(clock.now()).toBe(3000);
    await expect(clock.run(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  test('says so when work does not end', async () => {
    const clock = createVirtualClock(0);
    await expect(clock.run(clock.sleep(5001), 5000)).rejects.toThrow('has not ended after 5000 ms');
    await expect(createVirtualClock().run(new Promise(() => {}))).rejects.toThrow('no timer');
  });

  test('does not pass while a request is being signed, so that it does not time out', async () => {
    const clock = createVirtualClock(0);
    let isSigned = false;
    let wasInTime = false;
    clock.setTimer(() => {
      wasInTime = isSigned;
    }, 1);
    const sign = async () => {
      for (let round = 0; round < 200; round++) await crypto.subtle.digest('SHA-256', new Uint8Array(10_000));
      isSigned = true;
    };
    const signed = sign();
    await clock.advance(1);
    expect(wasInTime).toBe(true);
    await signed;
  });

  test('ends a sleep with the reason of its signal', async () => {
    const clock = createVirtualClock(0);
    const controller = new AbortController();
    const slept = clock.sleep(10, controller.signal);
    controller.abort(new Error('enough'));
    await expect(slept).rejects.toThrow('enough');
    expect(clock.timers).toBe(0);
  });
});
