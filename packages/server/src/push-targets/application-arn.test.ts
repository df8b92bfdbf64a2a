import { expect, test } from 'vitest';
import { parseApplicationArn } from './application-arn.ts';

test.each([
  ['arn:aws:sns:us-east-1:123456789012:app/GCM/My_App-1.0', { region: 'us-east-1', platform: 'GCM' }],
  ['arn:aws-cn:sns:cn-north-1:123456789012:app/ADM/x', { region: 'cn-north-1', platform: 'ADM' }],
  ['arn:aws:sns:eu-west-1:123456789012:app/APNS/x', { region: 'eu-west-1', platform: 'APNS' }],
  [
    'arn:aws:sns:eu-west-1:123456789012:app/APNS_SANDBOX/x',
    { region: 'eu-west-1', platform: 'APNS_SANDBOX' },
  ],
])('%s', (arn, expected) => {
  expect(parseApplicationArn(arn)).toEqual(expected);
});

test.each([
  '',
  'arn:aws:sns:us-east-1:123456789012:topic',
  'arn:aws:sns:us-east-1:123456789012:app/BAIDU/x',
  'arn:aws:sns:us-east-1:123456789012:app/GCM/',
  'arn:aws:sns:us-east-1:123456789012:endpoint/GCM/x/y',
])("'%s' is no application", (arn) => {
  expect(() => parseApplicationArn(arn)).toThrow('is no platform application: arn:aws:sns:<region>');
});
