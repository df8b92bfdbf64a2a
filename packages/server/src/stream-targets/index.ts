import type { StreamTarget } from '../ports/stream-target.ts';
import type { StreamTargetOptions } from './options.ts';
import { type Receiver, ReceiverTarget } from './receiver.ts';
import type { StreamTargetSettings as Settings } from './settings.ts';

export type { StreamTargetOptions } from './options.ts';
export { StreamTargetSettings } from './settings.ts';

/**
 * Opens what the settings describe. Nothing is connected before it is needed, so a receiver that is down hinders
 * nobody. Only the code of the target's own kind is loaded.
 *
 * @throws Error when a secret is missing, or settings that are well formed make no sense
 */
export async function openStreamTarget(
  settings: Settings,
  options: StreamTargetOptions,
): Promise<StreamTarget> {
  return new ReceiverTarget(await openReceiver(settings, options));
}

async function openReceiver(settings: Settings, options: StreamTargetOptions): Promise<Receiver> {
  switch (settings.type) {
    case 'kinesis': {
      const { kinesisReceiver } = await import('./kinesis.ts');
      return kinesisReceiver(settings, options);
    }
    case 'nats': {
      const { natsReceiver } = await import('./nats.ts');
      return natsReceiver(settings, options);
    }
    case 'redis': {
      const { redisReceiver } = await import('./redis.ts');
      return redisReceiver(settings, options);
    }
    case 'webhook': {
      const { webhookReceiver } = await import('./webhook.ts');
      return webhookReceiver(settings, options);
    }
    case 'file': {
      const { fileReceiver } = await import('./file.ts');
      return fileReceiver(settings, options);
    }
  }
}
