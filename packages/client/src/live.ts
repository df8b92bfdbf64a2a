import { EventSourceParserStream } from 'eventsource-parser/stream';
import { type LiveChanges, readNotice } from './live-changes.ts';

/** The service sends a heartbeat at least every 25 seconds; a connection without any is dead, whatever the network says. */
const mostSilenceMs = 70_000;

/** The change stream of Holdall: server-sent events over `fetch`, signed like everything else. */
export function liveChanges(): LiveChanges {
  let last: { readonly identityId: string; readonly eventId: string } | undefined;
  return {
    async listen({ identityId, clock, open, signal, opened, changed }) {
      const resume = last?.identityId === identityId ? { 'last-event-id': last.eventId } : {};
      const response = await open('/changes', { accept: 'text/event-stream', ...resume });
      if (!response.body) return;
      let wait = () => {};
      const parser = new EventSourceParserStream({ maxBufferSize: 64 * 1024, onComment: () => wait() });
      const decoder = new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>;
      const reader = response.body.pipeThrough(decoder).pipeThrough(parser).getReader();
      const stop = () => void reader.cancel().catch(() => undefined);
      let cancel = () => {};
      wait = () => {
        cancel();
        cancel = clock.setTimer(stop, mostSilenceMs);
      };
      signal.addEventListener('abort', stop, { once: true });
      wait();
      opened();
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done || value.event === 'end') return;
          wait();
          const notice = value.event === 'change' ? readNotice(parsed(value.data)) : undefined;
          if (notice) changed(notice);
          if (value.id !== undefined) last = { identityId, eventId: value.id };
        }
      } finally {
        cancel();
        signal.removeEventListener('abort', stop);
        stop();
      }
    },
  };
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
