import type { StreamTarget } from '../ports/stream-target.ts';
import { fileReceiver } from './file.ts';
import { kinesisReceiver } from './kinesis.ts';
import { natsReceiver } from './nats.ts';
import type { StreamTargetOptions } from './options.ts';
import { type Receiver, ReceiverTarget } from './receiver.ts';
import { redisReceiver } from './redis.ts';
import type { StreamTargetSettings as Settings } from './settings.ts';
import { webhookReceiver } from './webhook.ts';

export type { StreamTargetOptions } from './options.ts';
export { StreamTargetSettings } from './settings.ts';

/**
 * Opens what the settings describe. Nothing is connected before it is needed, so a receiver that is down hinders
 * nobody.
 *
 * @throws Error when a secret is missing, or settings that are well formed make no sense
 */
export function openStreamTarget(settings: Settings, options: StreamTargetOptions): StreamTarget {
  return new ReceiverTarget(openReceiver(settings, options));
}

function openReceiver(settings: Settings, options: StreamTargetOptions): Receiver {
  switch (settings.type) {
    case 'kinesis':
      return kinesisReceiver(settings, options);
    case 'nats':
      return natsReceiver(settings, options);
    case 'redis':
      return redisReceiver(settings, options);
    case 'webhook':
      return webhookReceiver(settings, options);
    case 'file':
      return fileReceiver(settings, options);
  }
}
