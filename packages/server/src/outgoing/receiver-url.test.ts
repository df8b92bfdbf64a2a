import { expect, test } from 'vitest';
import { receiverUrl } from './receiver-url.ts';

test.each([
  'https://push.example/v1',
  'http://127.0.0.1:8080/',
  'http://127.9.8.7/',
  'http://2130706433/',
  'http://[::1]:1/',
  'http://localhost/',
])('%s is taken', (text) => {
  expect(receiverUrl(text).href).toBe(new URL(text).href);
});

test('plain HTTP elsewhere has to be allowed, and nothing else can be', () => {
  expect(() => receiverUrl('http://push.example/')).toThrow(
    "'http://push.example/' must be https, or http on this machine",
  );
  expect(receiverUrl('http://push.example/', true).host).toBe('push.example');
  expect(() => receiverUrl('ftp://push.example/', true)).toThrow('must be https');
});

test.each(['', 'push.example', 'https://me:open-sesame@push.example/'])(
  '%s is not taken, nor repeated',
  (text) => {
    expect(() => receiverUrl(text)).toThrow(
      /^The address of a receiver must be a URL, and without a user name\.$/,
    );
  },
);
