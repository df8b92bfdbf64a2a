import { randomUUID } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { callHandler, handlerOf } from './call-handler.ts';
import type { ThreadReply, ThreadRequest, ThreadSettings } from './module-messages.ts';
import { AnswerTooLongError, mostAnswerBytes } from './trigger-function.ts';

const port = parentPort;
if (!port) throw new Error('This file is the entry of a worker thread.');

const { module, functionArn, memoryMb } = workerData as ThreadSettings;
const handler = handlerOf(await import(module));

const mostMessageCharacters = 1000;

port.on('message', ({ id, event, remainingMs }: ThreadRequest) => {
  const endsAt = performance.now() + remainingMs;
  const invocation = {
    functionArn,
    requestId: randomUUID(),
    memoryMb,
    remainingMs: () => Math.max(0, Math.round(endsAt - performance.now())),
  };
  // A handler that throws at once is one that fails.
  new Promise((resolve) => resolve(callHandler(handler, JSON.parse(event), invocation)))
    .then((answer) => ({ kind: 'answered', id, text: answerText(answer) }) as const)
    .catch((error: unknown) => ({ kind: 'failed', id, message: messageOf(error) }) as const)
    .then(send);
});
send({ kind: 'ready' });

function send(reply: ThreadReply): void {
  port?.postMessage(reply);
}

function answerText(answer: unknown): string {
  const text: string | undefined = JSON.stringify(answer);
  if (text === undefined) throw new Error('The function answered nothing.');
  if (Buffer.byteLength(text) > mostAnswerBytes) throw new AnswerTooLongError();
  return text;
}

/** Even `throw null` and a message that is a getter which throws say something. */
function messageOf(error: unknown): string {
  try {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : JSON.stringify(error);
    return String(text).slice(0, mostMessageCharacters);
  } catch {
    return 'It threw what cannot be shown.';
  }
}
